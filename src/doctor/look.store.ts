import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { Embedded } from '../database/embedded.ts';
import { wireTypes } from '../database/wire-types.ts';
import type { Sql } from '../db.ts';

const connectMs = 8000;

/** A database that is looked at: one session, which may change nothing. */
export interface Look extends Sql {
  readonly engine: 'embedded' | 'postgres';
  close(): Promise<void>;
}

/** Where a database is: a Postgres by URL, or the embedded one in a folder. */
export interface Place {
  readonly url: string | undefined;
  readonly folder: string;
}

/** True if there is an embedded database in the folder. */
export function isMade(folder: string): boolean {
  return existsSync(join(folder, 'cluster', 'PG_VERSION'));
}

/** Opens what is there: nothing is made and nothing migrated. Rejects with pg's error, or that of the folder's lock. */
export async function openToLook({ url, folder }: Place): Promise<Look> {
  if (url !== undefined) return session('postgres', { connectionString: url, connectionTimeoutMillis: connectMs });
  const embedded = await Embedded.open({ folder });
  try {
    const options = { stream: () => embedded.connect(), user: 'postgres', database: 'postgres' };
    return await session('embedded', options, () => embedded.close());
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

async function session(engine: Look['engine'], options: pg.ClientConfig, after = async (): Promise<void> => {}): Promise<Look> {
  const client = new pg.Client({ ...options, types: wireTypes, application_name: 'rialto check', statement_timeout: 10_000 });
  // What breaks the session fails the statement that is under way.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('set default_transaction_read_only = on');
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return {
    engine,
    query: async <R>(text: string, values?: readonly unknown[]): Promise<R[]> => {
      const { rows } = await client.query(text, values as unknown[] | undefined);
      return rows as R[];
    },
    close: async () => {
      await client.end();
      await after();
    },
  };
}
