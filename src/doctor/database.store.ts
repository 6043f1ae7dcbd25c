import { loadMigrations, MIGRATION_TABLE, migrationsFolder } from '../database/migrations.ts';
import type { Sql } from '../db.ts';

/** What a database says of itself. */
export interface DatabaseFacts {
  /** `180006` is 18.6. */
  readonly version: number;
  readonly encoding: string;
  readonly fsync: string;
  readonly synchronous: string;
  readonly fullPages: string;
  /** Null if there is no schema to work in. */
  readonly schema: string | null;
  readonly mayCreate: boolean | null;
  readonly octets: number;
  readonly now: Date;
}

export async function databaseFacts(sql: Sql): Promise<DatabaseFacts> {
  const rows = await sql.query<DatabaseFacts>(
    `select current_setting('server_version_num')::int as version,
            current_setting('server_encoding') as encoding,
            current_setting('fsync') as fsync,
            current_setting('synchronous_commit') as synchronous,
            current_setting('full_page_writes') as "fullPages",
            current_schema() as schema,
            has_schema_privilege(current_schema(), 'create') as "mayCreate",
            pg_database_size(current_database()) as octets,
            clock_timestamp() as now`,
  );
  const row = rows[0];
  if (!row) throw new Error('the database says nothing of itself');
  return row;
}

/** What has run, and what this program has. */
export interface MigrationFacts {
  /** Undefined: nothing has ever run. */
  readonly done: number | undefined;
  /** Names that this program does not have: a newer one was here. */
  readonly unknown: readonly string[];
  /** Names that are still to run. */
  readonly pending: readonly string[];
}

export async function migrationFacts(sql: Sql): Promise<MigrationFacts> {
  const ours = loadMigrations(migrationsFolder()).map((Migration) => new Migration().name ?? '');
  const [table] = await sql.query<{ there: boolean }>('select to_regclass($1) is not null as there', [MIGRATION_TABLE]);
  if (!table?.there) return { done: undefined, unknown: [], pending: ours };
  const rows = await sql.query<{ name: string }>(`select name from ${MIGRATION_TABLE} order by timestamp`);
  const done = rows.map(({ name }) => name);
  return {
    done: done.length,
    unknown: done.filter((one) => !ours.includes(one)),
    pending: ours.filter((one) => !done.includes(one)),
  };
}

/** Where everything was moved to; undefined: nowhere. */
export async function movedTo(sql: Sql): Promise<string | undefined> {
  const rows = await sql.query<{ moved_to: string | null }>('select moved_to from install');
  return rows[0]?.moved_to ?? undefined;
}

export async function tenantId(sql: Sql, name: string): Promise<number | undefined> {
  const rows = await sql.query<{ tenant_id: number }>('select tenant_id from tenant where name = $1', [name]);
  return rows[0]?.tenant_id;
}
