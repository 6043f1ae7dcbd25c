import { FolderInUse } from '../database/folder-lock.ts';
import type { Sql } from '../db.ts';
import type { Finding } from '../networks/finding.ts';
import { type DatabaseFacts, databaseFacts, type MigrationFacts, migrationFacts } from './database.store.ts';

const oldest = 150_000;
const skewMs = 2000;

/** A database that could be opened. A fault among these may keep the tables from being read. */
export async function* database(sql: Sql, engine: 'embedded' | 'postgres'): AsyncGenerator<Finding> {
  const asked = Date.now();
  const facts = await databaseFacts(sql);
  const answered = Date.now();
  yield* server(facts, engine);
  // Who may not make tables may not read ours either.
  if (facts.version < oldest || facts.mayCreate !== true) return;
  if (engine === 'postgres') yield clock(facts.now.getTime(), (asked + answered) / 2);
  yield schema(await migrationFacts(sql));
}

function* server(facts: DatabaseFacts, engine: 'embedded' | 'postgres'): Generator<Finding> {
  const version = `PostgreSQL ${Math.floor(facts.version / 10_000)}.${facts.version % 10_000}`;
  const size = `${Math.ceil(facts.octets / 1024 / 1024)} MB`;
  if (facts.version < oldest) {
    return yield {
      code: 'database-old',
      verdict: 'fault',
      evidence: `${version} is too old`,
      fix: 'upgrade it to PostgreSQL 15 or newer',
    };
  }
  if (engine === 'embedded') {
    return yield {
      code: 'database',
      verdict: 'ok',
      evidence: `embedded ${version}, ${size}: survives the death of the process, not a loss of power`,
      fix: 'for production, use a Postgres: "rialto db move" takes everything along',
    };
  }
  yield { code: 'database', verdict: 'ok', evidence: `${version}, ${size}` };
  yield* durability(facts);
  if (facts.encoding !== 'UTF8') {
    yield {
      code: 'database-encoding',
      verdict: 'fault',
      evidence: `its encoding is ${facts.encoding}`,
      fix: "make the database anew: create database … encoding 'UTF8' template template0",
    };
  }
  if (facts.schema === null || facts.mayCreate !== true) {
    yield {
      code: 'database-rights',
      verdict: 'fault',
      evidence:
        facts.schema === null
          ? 'there is no schema for our account to work in'
          : `our account may make no tables in the schema ${facts.schema}`,
      fix: 'make our account the owner: alter database … owner to …; or grant create on schema public to …',
    };
  }
}

/** What is acknowledged must be stored, whatever happens to the machine. */
function* durability({ fsync, synchronous, fullPages }: DatabaseFacts): Generator<Finding> {
  if (fsync !== 'on') {
    yield {
      code: 'database-fsync',
      verdict: 'fault',
      evidence: 'fsync is off: a loss of power destroys the database',
      fix: 'fsync = on in postgresql.conf, and reload it',
    };
  }
  if (synchronous === 'off') {
    yield {
      code: 'database-synchronous-commit',
      verdict: 'fault',
      evidence: 'synchronous_commit is off: what was acknowledged last is lost in a crash',
      fix: 'synchronous_commit = on in postgresql.conf, for this database, and for our account',
    };
  }
  if (fullPages !== 'on') {
    yield {
      code: 'database-full-pages',
      verdict: 'warning',
      evidence: 'full_page_writes is off: a loss of power may destroy pages',
      fix: 'full_page_writes = on in postgresql.conf, unless the file system writes whole pages only',
    };
  }
}

function clock(there: number, here: number): Finding {
  const skew = there - here;
  if (Math.abs(skew) < skewMs) return { code: 'database-clock', verdict: 'ok', evidence: 'its clock agrees with ours' };
  return {
    code: 'database-clock',
    verdict: 'warning',
    evidence: `its clock is ${Math.round(Math.abs(skew) / 1000)} s ${skew < 0 ? 'behind' : 'ahead of'} ours`,
    fix: 'let both machines set their clocks by NTP',
  };
}

function schema({ done, unknown, pending }: MigrationFacts): Finding {
  if (unknown.length > 0) {
    return {
      code: 'database-newer',
      verdict: 'fault',
      evidence: `a newer Rialto has been here: this one does not know ${unknown.join(', ')}`,
      fix: 'install the newer Rialto, or restore a backup from before',
    };
  }
  const rest = pending.length === 0 ? 'up to date' : `${pending.length} to come at the next start`;
  return {
    code: 'database-schema',
    verdict: 'ok',
    evidence: done === undefined ? 'empty: the tables are made at the first start' : `${done} migrations, ${rest}`,
  };
}

/** Why a database could not be opened. */
export function notOpened(error: unknown, engine: 'embedded' | 'postgres'): Finding {
  const { code = '', message } = error as { code?: string; message: string };
  if (error instanceof FolderInUse) {
    return {
      code: 'data-locked',
      verdict: 'fault',
      evidence: message,
      fix: 'a Rialto that runs there and does not answer: end that process, then start it again',
    };
  }
  if (engine === 'embedded') {
    return {
      code: 'database-broken',
      verdict: 'fault',
      evidence: `the embedded database cannot be opened: ${message}`,
      fix: 'restore a backup: "rialto restore FILE"',
    };
  }
  const [kind, seen, fix] = refusals[code] ?? [
    'database-unreachable',
    'it does not answer',
    'start it, or correct host and port in database.url; pg_hba.conf and listen_addresses say who may come',
  ];
  return { code: kind, verdict: 'fault', evidence: `${seen}: ${message || code}`, fix };
}

/** By SQLSTATE. */
const refusals: Readonly<Record<string, readonly [string, string, string]>> = {
  '28P01': [
    'database-login',
    'it refuses our password',
    'correct user and password in database.url; alter role … password … sets it',
  ],
  '28000': [
    'database-login',
    'it does not let our account in',
    'correct the user in database.url; pg_hba.conf says who may come',
  ],
  '3D000': ['database-missing', 'there is no such database', 'create database … owner …; or correct the name in database.url'],
  '42501': [
    'database-rights',
    'our account may not read the tables, which are another one’s',
    'reassign owned by … to …; or use the account that made them',
  ],
  '53300': ['database-full', 'it takes no more connections', 'raise max_connections in postgresql.conf, or end what holds them'],
};
