import { createHash, type Hash } from 'node:crypto';
import type { Sql } from '../../db.ts';
import { MIGRATION_TABLE } from '../migrations.ts';

/** What belongs to a running process and not to the timelines. */
const NOT_COPIED = [MIGRATION_TABLE, 'lease'];
/** Octets of rows that are in hand at a time, about. */
const CHUNK = 1_000_000;
const MOST_ROWS = 5000;

interface Column {
  readonly name: string;
  readonly type: string;
  readonly identity: boolean;
}

export interface Table {
  readonly name: string;
  /** In the order of the rows' values. */
  readonly columns: readonly Column[];
  /** Of the primary key; rows are read in its order, texts by code point, so that it is the same everywhere. */
  readonly key: readonly Column[];
}

/**
 * One row as a JSON array of its values, each a string in the form of Postgres' own output (UTC, bytea as hex), or null. It is
 * made and read by Postgres, so every type comes back exactly; both engines make the same text of the same row.
 */
export type RowText = string;

/** How many rows, and SHA-256 over their texts in order, each with a line feed. */
export interface Sum {
  readonly rows: number;
  readonly sha256: string;
}

export class Summing {
  private readonly hash: Hash = createHash('sha256');
  rows = 0;

  add(rows: readonly RowText[]): void {
    this.rows += rows.length;
    for (const row of rows) this.hash.update(row).update('\n');
  }

  sum(): Sum {
    return { rows: this.rows, sha256: this.hash.digest('hex') };
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** So that texts are the same whatever the server's settings, and nothing times out: for the transaction. */
export async function settle(sql: Sql): Promise<void> {
  await sql.query(
    `set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
     set local bytea_output = 'hex'; set local extra_float_digits = 1; set local statement_timeout = 0;
     set local idle_in_transaction_session_timeout = 0`,
  );
}

/** Every table that is copied; none refers to one that comes after it. */
export async function readTables(sql: Sql): Promise<Table[]> {
  const rows = await sql.query<{ table: string; name: string; type: string; identity: boolean; place: number | null }>(
    `select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
            a.attidentity <> '' as identity, array_position(k.conkey, a.attnum) as place
       from pg_class c
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
       left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
      where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and c.relname <> all ($1)
      order by c.relname collate "C", a.attnum`,
    [NOT_COPIED],
  );
  const tables = Map.groupBy(rows, (row) => row.table);
  const references = await sql.query<{ from: string; to: string }>(
    `select f.relname as from, t.relname as to
       from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
      where k.contype = 'f' and f.relnamespace = current_schema()::regnamespace and f.oid <> t.oid`,
  );
  return inOrder([...tables.keys()], references).map((name) => {
    const columns = tables.get(name) ?? [];
    const key = columns.filter(({ place }) => place !== null).sort((a, b) => (a.place ?? 0) - (b.place ?? 0));
    return { name, columns, key };
  });
}

function inOrder(names: readonly string[], references: readonly { from: string; to: string }[]): string[] {
  const done = new Set<string>();
  const add = (name: string, above: readonly string[]): void => {
    if (done.has(name)) return;
    if (above.includes(name)) throw new Error(`the tables ${above.join(', ')} refer to each other in a circle`);
    for (const { from, to } of references) if (from === name) add(to, [...above, name]);
    done.add(name);
  };
  for (const name of names) add(name, []);
  return [...done].filter((name) => names.includes(name));
}

/** Exact; takes as long as a look at every row. */
export async function countRows(sql: Sql, tables: readonly Table[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { name } of tables) {
    const [row] = await sql.query<{ n: number }>(`select count(*) as n from ${quoted(name)}`);
    counts.set(name, row?.n ?? 0);
  }
  return counts;
}

/** All rows of a table in the order of its key, in chunks of about a megabyte. Within one transaction. */
export async function* rowsOf(sql: Sql, table: Table): AsyncGenerator<RowText[]> {
  const values = table.columns.map(({ name }) => `${quoted(name)}::text`).join(', ');
  const order = table.key.map(({ name, type }) => (type === 'text' ? `${quoted(name)} collate "C"` : quoted(name))).join(', ');
  await sql.query(
    `declare reading no scroll cursor for select json_build_array(${values})::text as row from ${quoted(table.name)} order by ${order}`,
  );
  for (let most = 100; ; ) {
    const rows = (await sql.query<{ row: RowText }>(`fetch ${most} from reading`)).map(({ row }) => row);
    if (rows.length > 0) yield rows;
    if (rows.length < most) break;
    const size = rows.reduce((sum, row) => sum + row.length, 0) / rows.length;
    most = Math.max(1, Math.min(MOST_ROWS, Math.floor(CHUNK / size)));
  }
  await sql.query('close reading');
}

export async function insertRows(sql: Sql, table: Table, rows: readonly RowText[]): Promise<void> {
  const names = table.columns.map(({ name }) => quoted(name)).join(', ');
  const values = table.columns.map(({ type }, at) => `(r.row ->> ${at})::${type}`).join(', ');
  // `offset 0`: each text is parsed once, not once for each column.
  await sql.query(
    `insert into ${quoted(table.name)} (${names}) overriding system value
     select ${values} from (select t.row::jsonb as row from unnest($1::text[]) as t (row) offset 0) r`,
    [rows],
  );
}

/** The next value of every identity column: an id that was given once is never given again, its row being gone or not. */
export async function readNext(sql: Sql, table: Table): Promise<Record<string, number>> {
  const next: Record<string, number> = {};
  for (const { name } of table.columns.filter(({ identity }) => identity)) {
    const [found] = await sql.query<{ sequence: string }>('select pg_get_serial_sequence($1, $2) as sequence', [
      quoted(table.name),
      name,
    ]);
    const [row] = await sql.query<{ next: number }>(
      `select last_value + case when is_called then 1 else 0 end as next from ${found?.sequence}`,
    );
    next[name] = row?.next ?? 1;
  }
  return next;
}

export async function setNext(sql: Sql, table: Table, next: Readonly<Record<string, number>>): Promise<void> {
  for (const { name } of table.columns.filter(({ identity }) => identity)) {
    const value = next[name];
    if (!Number.isSafeInteger(value)) throw new Error(`the next ${table.name}.${name} is not known`);
    await sql.query(`alter table ${quoted(table.name)} alter column ${quoted(name)} restart with ${value}`);
  }
}

/** Reads a table again and compares. Rejects if it is not what was written. `tell` hears how many rows it has read. */
export async function verify(sql: Sql, table: Table, expected: Sum, tell: (rows: number) => void): Promise<void> {
  const found = new Summing();
  for await (const rows of rowsOf(sql, table)) {
    found.add(rows);
    tell(found.rows);
  }
  const { rows, sha256 } = found.sum();
  if (rows !== expected.rows || sha256 !== expected.sha256)
    throw new Error(
      `table ${table.name} is not the same after copying: ${rows} rows instead of ${expected.rows}, or other contents`,
    );
}
