import { randomBytes } from 'node:crypto';
import type { Database, Sql } from '../db.ts';
import { ConfigurationError } from '../networks/network.ts';

/** What makes this database's ids its own. */
export interface Install {
  /** In hop traces. It outlives a move and a restore: what went out before them is still ours. */
  readonly name: string;
  /** Eight letters and digits, in every id that goes out. New with every database, also with a moved or restored one. */
  readonly salt: string;
  readonly secret: Buffer;
  /** Earlier salts: what bears one is ours, too. */
  readonly past: readonly string[];
  readonly waiting: readonly WaitingSalt[];
}

/** Lines of an endpoint up to this seq were waiting when the salt was retired: they may be out, under this very salt. */
export interface WaitingSalt {
  readonly endpoint: number;
  readonly upto: number;
  readonly salt: string;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

function newSalt(): string {
  return [...randomBytes(8)].map((octet) => alphabet[octet % alphabet.length]).join('');
}

/** Made on first use. Throws a ConfigurationError if the database has been moved elsewhere. */
export async function loadInstall(db: Database): Promise<Install> {
  await db.query('insert into install (name, salt, secret) values ($1, $1, $2) on conflict do nothing', [
    newSalt(),
    randomBytes(32),
  ]);
  const rows = await db.query<{ name: string; salt: string; secret: Buffer; moved_to: string | null }>(
    'select name, salt, secret, moved_to from install',
  );
  const row = rows[0];
  if (!row) throw new Error('the install row is missing');
  if (row.moved_to !== null)
    throw new ConfigurationError(
      `this database has been moved to ${row.moved_to}: configure that one; or go on with this one after "rialto db reopen"`,
    );
  const past = await db.query<{ salt: string }>('select salt from past_salt');
  const waiting = await db.query<WaitingSalt>(
    'select endpoint_id as endpoint, upto_seq as upto, salt from waiting_salt order by endpoint_id, upto_seq',
  );
  return { name: row.name, salt: row.salt, secret: row.secret, past: past.map(({ salt }) => salt), waiting };
}

/**
 * A new salt for a copy of a database: ids that the original has used, or uses after the copy was made, are not used again.
 * Lines that still wait keep the old one, since they may be out under it.
 */
export async function renewInstall(sql: Sql): Promise<void> {
  await sql.query('insert into past_salt (salt) select salt from install');
  await sql.query(
    `delete from waiting_salt w using endpoint e
      where e.tenant_id = w.tenant_id and e.endpoint_id = w.endpoint_id and (e.cursor_seq >= w.upto_seq or e.state = 'gone')`,
  );
  await sql.query(
    `insert into waiting_salt (tenant_id, endpoint_id, upto_seq, salt)
     select e.tenant_id, e.endpoint_id, r.head, i.salt
       from install i, endpoint e
       join room r on r.tenant_id = e.tenant_id and r.room_id = e.room_id
      where e.state <> 'gone' and e.cursor_seq < r.head
     on conflict do nothing`,
  );
  await sql.query('update install set salt = $1, moved_to = null', [newSalt()]);
}

/** From now on this database is not served: all is in the other one. */
export async function markMoved(sql: Sql, to: string): Promise<void> {
  await sql.query('update install set moved_to = $1', [to]);
}

/** Takes the mark of a move away again. False if there was none. */
export async function reopen(sql: Sql): Promise<boolean> {
  const rows = await sql.query('update install set moved_to = null where moved_to is not null returning salt');
  return rows.length > 0;
}

/** The tenant of this name, made on first use. */
export async function loadTenant(db: Database, name: string): Promise<number> {
  await db.query('insert into tenant (name) values ($1) on conflict do nothing', [name]);
  const rows = await db.query<{ tenant_id: number }>('select tenant_id from tenant where name = $1', [name]);
  return rows[0]?.tenant_id ?? 0;
}

/** The row of a configured network, made on first use. A name keeps its protocol. */
export async function loadNetwork(db: Database, tenant: number, name: string, protocol: string): Promise<number> {
  await db.query('insert into network (tenant_id, name, protocol) values ($1, $2, $3) on conflict do nothing', [
    tenant,
    name,
    protocol,
  ]);
  const rows = await db.query<{ network_id: number; protocol: string }>(
    'select network_id, protocol from network where tenant_id = $1 and name = $2',
    [tenant, name],
  );
  const row = rows[0];
  if (!row || row.protocol !== protocol)
    throw new ConfigurationError(`networks.${name}: it was of protocol ${row?.protocol} before: give the new one another name`);
  return row.network_id;
}

export async function readNote(db: Database, tenant: number, network: number, key: string): Promise<string | undefined> {
  const rows = await db.query<{ value: string }>(
    'select value from network_state where tenant_id = $1 and network_id = $2 and key = $3',
    [tenant, network, key],
  );
  return rows[0]?.value;
}

export async function writeNote(
  db: Database,
  at: { readonly tenant: number; readonly network: number },
  key: string,
  value: string,
): Promise<void> {
  await db.query(
    `insert into network_state (tenant_id, network_id, key, value) values ($1, $2, $3, $4)
     on conflict (tenant_id, network_id, key) do update set value = excluded.value`,
    [at.tenant, at.network, key, value],
  );
}
