import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DataSource, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';

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

/** Every `NNNN-name.sql` in the folder, in order, as a TypeORM migration. */
export function loadMigrations(folder: string): MigrationClass[] {
  const files = readdirSync(folder).filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file));
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
  const known = new Set(source.migrations.map((migration) => migration.name));
  const unknown = (await executor.getExecutedMigrations()).find((migration) => !known.has(migration.name));
  if (unknown) {
    throw new Error(`the database is newer than this program: it has the migration ${unknown.name}; install the newer program`);
  }
}
