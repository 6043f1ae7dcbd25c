import { closeSync, createWriteStream, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import type { Database, Sql } from '../../db.ts';
import { checkLevel, levelOf, namesOf } from '../migrations.ts';
import { DatabaseRefused } from '../refused.ts';
import type { CopiedTable, Progress } from './move.ts';
import { countRows, readNext, readTables, rowsOf, Summing, settle, type Table } from './tables.ts';

export const FORMAT = 1;

export const headerSchema = z.object({
  rialto: z.literal('backup'),
  format: z.number(),
  made: z.string(),
  engine: z.enum(['embedded', 'postgres']),
  migrations: z.array(z.string()).min(1),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()), rows: z.number() })),
});
export const tableEndSchema = z.object({
  table: z.string(),
  rows: z.number(),
  sha256: z.string(),
  next: z.record(z.string(), z.int()),
});
export const endSchema = z.object({ end: z.literal(true), rows: z.number() });

/**
 * A backup is one gzip file of UTF-8 lines, the same from both engines and for both:
 *
 *     {"rialto":"backup","format":1,"made":"2026-01-31T12:00:00.000Z","engine":"embedded","migrations":["first-0000000000001"],
 *      "tables":[{"name":"tenant","columns":["tenant_id","name"],"rows":1},…]}       the header, on one line
 *     ["1", "default"]                                                              every row of the first table
 *     {"table":"tenant","rows":1,"sha256":"…","next":{"tenant_id":2}}               its end
 *     …                                                                             the other tables, in the header's order
 *     {"end":true,"rows":1234}                                                      the end, with the count of all rows
 *
 * Rows are as in `RowText`, in the order of the primary key; `sha256` is over their lines; `next` has the next value of each
 * identity column. A file without its last line is none. It holds what people have said, and the secret of the keys.
 */
export type Header = z.infer<typeof headerSchema>;

export interface Copied {
  readonly header: Header;
  readonly tables: readonly CopiedTable[];
}

/**
 * Writes what was committed when it began. `db` may be in use meanwhile: Postgres goes on; the embedded engine has one session,
 * whoever needs it waits. The file has mode 0600 and its name only when it is whole; one that is there is not touched.
 */
export async function writeBackup(db: Database, file: string, tell: (progress: Progress) => void): Promise<Copied> {
  if (existsSync(file)) throw new DatabaseRefused(`${file} exists: give another name, or remove it`);
  const migrations = await levelOf(db.source);
  checkLevel('the database', migrations, namesOf(db.source));
  if (migrations.length === 0) throw new DatabaseRefused('there is nothing to back up: the database is empty');
  const draft = `${file}.${process.pid}.part`;
  try {
    const copied = await db.transaction(async (sql) => {
      await sql.query('set transaction isolation level repeatable read, read only');
      await settle(sql);
      const tables = await readTables(sql);
      const header = await headerOf(sql, tables, { engine: db.engine, migrations });
      const sums: CopiedTable[] = [];
      const lines = linesOf(sql, { header, tables, sums, tell });
      await pipeline(lines, createGzip(), createWriteStream(draft, { mode: 0o600, flags: 'wx' }));
      return { header, tables: sums };
    });
    sync(draft);
    renameSync(draft, file);
    return copied;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    throw syscall === 'open' || code === 'ENOSPC' ? new DatabaseRefused(`${file} cannot be written (${code})`) : error;
  } finally {
    rmSync(draft, { force: true });
  }
}

async function headerOf(sql: Sql, tables: readonly Table[], of: Pick<Header, 'engine' | 'migrations'>): Promise<Header> {
  const counts = await countRows(sql, tables);
  return {
    rialto: 'backup',
    format: FORMAT,
    made: new Date().toISOString(),
    ...of,
    tables: tables.map(({ name, columns }) => ({
      name,
      columns: columns.map((column) => column.name),
      rows: counts.get(name) ?? 0,
    })),
  };
}

interface Writing {
  readonly header: Header;
  readonly tables: readonly Table[];
  /** Filled while it is written. */
  readonly sums: CopiedTable[];
  tell(progress: Progress): void;
}

async function* linesOf(sql: Sql, { header, tables, sums, tell }: Writing): AsyncGenerator<string> {
  const total = header.tables.reduce((sum, { rows }) => sum + rows, 0);
  let done = 0;
  yield `${JSON.stringify(header)}\n`;
  for (const table of tables) {
    const summing = new Summing();
    for await (const rows of rowsOf(sql, table)) {
      summing.add(rows);
      done += rows.length;
      tell({ table: table.name, done, total });
      yield `${rows.join('\n')}\n`;
    }
    const sum = { table: table.name, ...summing.sum() };
    sums.push(sum);
    yield `${JSON.stringify({ ...sum, next: await readNext(sql, table) } satisfies z.infer<typeof tableEndSchema>)}\n`;
  }
  yield `${JSON.stringify({ end: true, rows: done } satisfies z.infer<typeof endSchema>)}\n`;
}

function sync(file: string): void {
  const descriptor = openSync(file, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
