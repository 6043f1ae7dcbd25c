import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DataSource, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';
import { DatabaseRefused } from './refused.ts';

type MigrationClass = new () => MigrationInterface;

export const MIGRATION_TABLE = 'migration';
// Any constant of ours: keeps two processes that start at once from migrating the same database together.
const ADVISORY_KEY = 0x52_49_41_4c;

/** `migrations/` of this package, both from src and from dist: the nearest folder upwards that has a package.json. */
export function migrationsFolder(): string {
  let folder = import.meta.dirname;
  while (!readdirSync(folder).includes('package.json')) {
    if (folder === dirname(folder)) throw new Error('cannot find migrations/: no package.json above this file');
    folder = dirname(folder);
  }
  return join(folder, 'migrations');
}

/** Every `NNNN-name.sql` in the folder, in order, as a TypeORM migration. Throws if two have one number: which is first? */
export function loadMigrations(folder: string): MigrationClass[] {
  const files = readdirSync(folder).filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file));
  const twice = files.find((file) => files.some((other) => other !== file && other.slice(0, 4) === file.slice(0, 4)));
  if (twice !== undefined) throw new Error(`two migrations have the number ${twice.slice(0, 4)}: give one of them the next`);
  return files.sort().map((file) => asMigration(file, readFileSync(join(folder, file), 'utf8')));
}

function asMigration(file: string, sql: string): MigrationClass {
  // TypeORM reads the order from the last 13 characters of the name.
  const name = `${file.slice(5, -'.sql'.length)}-${file.slice(0, 4).padStart(13, '0')}`;
  return class implements MigrationInterface {
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(sql);
    }

    down(): Promise<void> {
      return Promise.reject(new Error(`${file} has no way back; restore a backup`));
    }
  };
}

/** Brings the database up to the program: each pending file in its own transaction, in order. Returns how many ran. */
export async function migrate(source: DataSource): Promise<number> {
  const runner = source.createQueryRunner();
  try {
    // The pool's timeout is made for the service; a migration may rewrite a large table, or wait for another's.
    await runner.query('set statement_timeout = 0');
    await runner.query('select pg_advisory_lock($1)', [ADVISORY_KEY]);
    try {
      const executor = new MigrationExecutor(source, runner);
      executor.transaction = 'each';
      await refuseNewer(source, executor);
      return (await executor.executePendingMigrations()).length;
    } finally {
      await runner.query('select pg_advisory_unlock($1)', [ADVISORY_KEY]);
      await runner.query('reset statement_timeout');
    }
  } finally {
    await runner.release();
  }
}

async function refuseNewer(source: DataSource, executor: MigrationExecutor): Promise<void> {
  const executed = (await executor.getExecutedMigrations()).map(({ name }) => name);
  checkLevel('the database', executed, namesOf(source));
}

/** The names of the program's migrations, in order. */
export function namesOf(source: DataSource): string[] {
  return source.migrations.map((migration) => migration.name ?? '').sort((a, b) => (a.slice(-13) < b.slice(-13) ? -1 : 1));
}

/** The names of those that have run, in order; none in an empty database. */
export async function levelOf(source: DataSource): Promise<string[]> {
  const runner = source.createQueryRunner();
  try {
    const executed = await new MigrationExecutor(source, runner).getExecutedMigrations();
    return executed.map(({ name }) => name).sort((a, b) => (a.slice(-13) < b.slice(-13) ? -1 : 1));
  } finally {
    await runner.release();
  }
}

/** Rejects what this program does not know. `what` names it: "the backup". */
export function checkLevel(what: string, executed: readonly string[], known: readonly string[]): void {
  const unknown = executed.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new DatabaseRefused(`${what} is newer than this program: it has the migration ${unknown}; install the newer program`);
  }
}

/** Runs those of the migrations that are named and have not run, within the runner's transaction. */
export async function migrateWithin(runner: QueryRunner, wanted: readonly string[]): Promise<void> {
  const executor = new MigrationExecutor(runner.dataSource, runner);
  executor.transaction = 'none';
  for (const migration of await executor.getPendingMigrations())
    if (wanted.includes(migration.name)) await executor.executeMigration(migration);
}

/** Until the transaction ends: nobody else migrates or fills this database. */
export async function lockSchema(runner: QueryRunner): Promise<void> {
  await runner.query('select pg_advisory_xact_lock($1)', [ADVISORY_KEY]);
}
