import { arrayOf } from '../../src/database/array.ts';
import type { Database, Sql } from '../../src/db.ts';
import type { Delivery, Endpoint, Outcome } from '../../src/networks/network.ts';
import { holders } from '../../src/tenancy/lease.store.ts';
import { type DeliveryId, Keys } from '../../src/timeline/key.ts';
import { TENANT } from './bridge.ts';
import { readArrays } from './database/arrays.ts';
import { ModelNetwork } from './network.ts';
import type { Place } from './place.ts';
import type { Sabotage } from './world.ts';

const commit = /^\s*with owner as materialized /;
/** The places of what the one statement of a commit is given. */
const [NETWORKS, HOLDER, LINES, STRONG] = [1, 2, 13, 17] as const;

/** Commits with other values than those that were given. */
function altered(db: Database, alter: (sql: Sql, values: readonly unknown[]) => Promise<unknown[]>): Database {
  const around = (sql: Sql): Sql => ({
    query: async (text, values = []) => sql.query(text, commit.test(text) ? await alter(sql, values) : values),
  });
  return { ...db, ...around(db), transaction: (work) => db.transaction((sql) => work(around(sql))) };
}

/** A strong id of a line is stored as if anybody might bear it. */
async function unsure(_sql: Sql, values: readonly unknown[]): Promise<unknown[]> {
  const given = readArrays(values);
  const lines = given[LINES] as (number | null)[];
  const strong = (given[STRONG] as boolean[]).map((is, index) => is && lines[index] === null);
  return values.with(STRONG, arrayOf(strong));
}

/** Whoever holds the leases is said to be who writes. */
async function anybody(sql: Sql, values: readonly unknown[]): Promise<unknown[]> {
  const [holder] = await holders(sql, TENANT, values[NETWORKS] as number[]);
  return values.with(HOLDER, holder);
}

/** Who waits for the commit is answered before it. */
function early(db: Database): Database {
  return {
    ...db,
    query: (text, values) =>
      commit.test(text) ? early(db).transaction((sql) => sql.query(text, values)) : db.query(text, values),
    transaction: (work) =>
      new Promise((resolve, reject) => {
        db.transaction(async (sql) => {
          const result = await work(sql);
          resolve(result);
          return result;
        }).catch(reject);
      }),
  };
}

/** Each try goes out under a key of its own; all of them are known as ours. */
class FreshKeys extends Keys {
  private tries = 0;

  override make(id: DeliveryId): string {
    this.tries += 1;
    return `${super.make(id)}.${this.tries}`;
  }

  override isOurs(text: string): boolean {
    return super.isOurs(stable(text));
  }

  override read(text: string): DeliveryId | undefined {
    return super.read(stable(text));
  }
}

/** A key without what `FreshKeys` has added. */
function stable(key: string): string {
  return key.split('.')[0] ?? '';
}

/** What may be there is taken as not there, and what was said meanwhile is not asked for. */
class Careless extends ModelNetwork {
  override async recover(at: Endpoint, doubtful: readonly Delivery[]): Promise<Outcome[]> {
    const found = await super.recover(at, doubtful);
    return found.map(() => ({ kind: 'retry', why: { code: 'timeout' }, scope: 'entry', done: [] }));
  }

  protected override after(place: Place, marker: string): number {
    return marker.startsWith('start ') ? super.after(place, marker) : place.lines.length;
  }
}

/** Five ways in which a bridge could be wrong; each must be found. The product has no switch for any of them. */
export const sabotages = {
  none: (ground) => ground,
  'ack-early': (ground) => ({ ...ground, db: early(ground.db) }),
  'no-dedupe': (ground) => ({ ...ground, db: altered(ground.db, unsure) }),
  'new-txn-id': (ground) => ({ ...ground, keys: new FreshKeys(ground.salts) }),
  'skip-mam': (ground) => ({ ...ground, connect: (...given) => new Careless(...given) }),
  'two-owners': (ground) => ({ ...ground, db: altered(ground.db, anybody) }),
} as const satisfies Record<string, Sabotage>;

export type SabotageName = keyof typeof sabotages;
