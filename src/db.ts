import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Embedded } from './database/embedded.ts';
import { loadMigrations, MIGRATION_TABLE, migrate, migrationsFolder } from './database/migrations.ts';
import { ormLog } from './database/orm-log.ts';
import { DatabaseAway, DatabaseRefused } from './database/refused.ts';
import { wireTypes } from './database/wire-types.ts';
import type { Log } from './networks/network.ts';

/**
 * Rows of one statement. Both engines speak through the same pg client, so values are the same on both:
 * int8 is a number (an error beyond 2^53), timestamptz a Date, date a string (2026-01-31), bytea a Buffer, json parsed,
 * numeric a string. Parameters: an array is a Postgres array (`unnest($1::bigint[])`), Buffers and nulls in it included;
 * an array meant as json must be passed through JSON.stringify. Errors are pg's, with the SQLSTATE in `code`.
 */
export interface Sql {
  query<R = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

export interface Database extends Sql {
  /** For migrations and the plain cases. Its statements wait for the same sessions as ours. */
  readonly source: DataSource;
  readonly engine: 'embedded' | 'postgres';
  /** One transaction on one session; rolled back when the function rejects. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A Postgres by URL; without one, the embedded engine in `folder`; without that, the embedded engine in memory. */
  readonly url?: string | undefined;
  readonly folder?: string | undefined;
  /** What a new embedded database starts from; see Embedded.dump. */
  readonly snapshot?: Uint8Array<ArrayBuffer> | undefined;
  /** Sessions to Postgres. Default: 10. The embedded engine has one. */
  readonly poolSize?: number | undefined;
  readonly entities?: DataSourceOptions['entities'];
  /** Default: `migrations/` of this package. */
  readonly migrations?: string | undefined;
  /** The schema is brought up to this program, unless it is to be taken as it is. */
  readonly schema?: 'newest' | 'as it is' | undefined;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
}

/** Opens the database. Rejects with a DatabaseRefused for what an operator can do something about. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, log } = options;
  const migrations = loadMigrations(options.migrations ?? migrationsFolder());
  const embedded = url === undefined ? await Embedded.open(options) : undefined;
  const pool = embedded ? embeddedPool(embedded) : postgresPool(url ?? '', options.poolSize ?? 10);
  // A session that breaks is replaced by the pool; without a listener it would take the process with it.
  const broke = (error: Error): void => log.warn('database session lost', { reason: error.message });
  pool.on('connect', (client) => client.on('error', broke));
  const logged = (): void => {
    // The pool repeats what its client has just said.
  };
  pool.on('error', logged);
  const source = new DataSource({
    type: 'postgres',
    // TypeORM and the hand-written statements share one pool.
    driver: {
      Pool: function shared() {
        return pool;
      },
    },
    poolErrorHandler: logged,
    entities: options.entities ?? [],
    migrations,
    migrationsTableName: MIGRATION_TABLE,
    logger: ormLog(log),
  });
  const database = new PooledDatabase(source, pool, embedded);
  try {
    await source.initialize();
    const applied = options.schema === 'as it is' ? 0 : await migrate(source);
    log.info('database open', { engine: database.engine, migrations: applied });
    return database;
  } catch (error) {
    await database.close();
    throw url === undefined ? error : explained(error, url);
  }
}

/** Nobody there, no such name, not let in: the codes of Node's sockets and the SQLSTATEs of a server that refuses a session. */
const unreachable =
  /^(E(CONNREFUSED|CONNRESET|NOTFOUND|AI_AGAIN|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOENT|ACCES)|ENOENT|28...|3D000|57P03|53300)$/;

function explained(error: unknown, url: string): unknown {
  const { code, message } = error as { code?: string; message?: string };
  const timedOut = /timeout/i.test(message ?? '') && code === undefined;
  if (!timedOut && !unreachable.test(code ?? '')) return error;
  const text = `the database ${placeOf(url)} cannot be opened: ${message || code}`;
  // It did answer, and knows the name or the user not: 28... and 3D000.
  return /^(28...|3D000)$/.test(code ?? '') ? new DatabaseRefused(text) : new DatabaseAway(text);
}

/** The URL without its password, for people. */
export function placeOf(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.password = '';
    return parsed.href;
  } catch {
    return 'at the configured URL';
  }
}

function embeddedPool(embedded: Embedded): pg.Pool {
  return new pg.Pool({
    stream: () => embedded.connect(),
    user: 'postgres',
    database: 'postgres',
    types: wireTypes,
    max: 1,
    idleTimeoutMillis: 0,
    // Who waits longer than this for the one session is most likely inside the transaction that holds it.
    connectionTimeoutMillis: 30_000,
  });
}

function postgresPool(url: string, max: number): pg.Pool {
  return new pg.Pool({
    connectionString: url,
    application_name: 'rialto',
    // One plan for all: to plan the statements of the hot path costs more than to run them.
    options: '-c plan_cache_mode=force_generic_plan -c jit=off',
    types: wireTypes,
    max,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: 60_000,
    lock_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
}

class PooledDatabase implements Database {
  readonly source: DataSource;
  readonly engine: 'embedded' | 'postgres';
  private readonly pool: pg.Pool;
  private readonly embedded: Embedded | undefined;
  private closing: Promise<void> | undefined;
  private readonly inside = new AsyncLocalStorage<{ open: boolean }>();

  constructor(source: DataSource, pool: pg.Pool, embedded: Embedded | undefined) {
    this.source = source;
    this.engine = embedded ? 'embedded' : 'postgres';
    this.pool = pool;
    this.embedded = embedded;
  }

  async query<R>(text: string, values?: readonly unknown[]): Promise<R[]> {
    const client = await this.checkOut();
    try {
      return await rows<R>(client, text, values);
    } finally {
      client.release();
    }
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await this.checkOut();
    const scope = { open: true };
    let lost: Error | undefined;
    try {
      await client.query('begin');
      const result = await this.inside.run(scope, () => work(new Session(client, scope)));
      scope.open = false;
      // Postgres answers ROLLBACK when a statement had failed and the work swallowed the error.
      const { command } = await client.query('commit');
      if (command !== 'COMMIT') throw new Error('the transaction was rolled back: one of its statements had failed');
      return result;
    } catch (error) {
      scope.open = false;
      await client.query('rollback').catch((failure: Error) => {
        lost = failure;
      });
      throw error;
    } finally {
      // A session whose rollback failed may still hold the transaction: it is not used again.
      client.release(lost);
    }
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
    else if (!this.pool.ending) await this.pool.end();
    await this.embedded?.close();
  }

  // Outside its own session a transaction's statement would wait for itself (embedded) or not see its rows (Postgres).
  private checkOut(): Promise<pg.PoolClient> {
    if (!this.inside.getStore()?.open) return this.pool.connect();
    return Promise.reject(new Error('inside a transaction, use the sql that it hands out, not the database'));
  }
}

class Session implements Sql {
  private readonly client: pg.PoolClient;
  private readonly scope: { readonly open: boolean };

  constructor(client: pg.PoolClient, scope: { readonly open: boolean }) {
    this.client = client;
    this.scope = scope;
  }

  async query<R>(text: string, values?: readonly unknown[]): Promise<R[]> {
    if (!this.scope.open) throw new Error('this transaction has ended');
    return rows<R>(this.client, text, values);
  }
}

async function rows<R>(client: pg.PoolClient, text: string, values?: readonly unknown[]): Promise<R[]> {
  // A named statement is sent, parsed and planned once a session.
  const named = values === undefined ? { text } : { name: nameOf(text), text, values: values as unknown[] };
  const result = await client.query(named);
  return result.rows as R[];
}

const names = new Map<string, string>();
const MAX_NAMES = 500;

/** Statements are constants of the program; a text that is not could be without end, and stays unnamed. */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size === MAX_NAMES) return known;
  const name = `s${names.size}`;
  names.set(text, name);
  return name;
}
