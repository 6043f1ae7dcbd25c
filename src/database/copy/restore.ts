import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import type { Database, Sql } from '../../db.ts';
import { checkLevel, namesOf } from '../migrations.ts';
import { DatabaseRefused } from '../refused.ts';
import { type Copied, endSchema, FORMAT, type Header, headerSchema, tableEndSchema } from './backup.ts';
import { fillEmpty } from './fill.ts';
import type { CopiedTable, Progress } from './move.ts';
import { insertRows, type RowText, readTables, Summing, setNext, type Table, verify } from './tables.ts';

/** Octets of rows that are inserted at a time, about. */
const CHUNK = 1_000_000;

export interface Restoring {
  tell(progress: Progress): void;
  /** In the target, when everything is there and verified, before its commit. */
  arrived(sql: Sql): Promise<void>;
}

/**
 * Reads a backup into an empty database, opened with its schema as it is, and brings it up to this program. All or nothing;
 * what was written is read again and compared. Rejects with a DatabaseRefused for a file that is no whole backup.
 */
export async function restoreBackup(file: string, target: Database, restoring: Restoring): Promise<Copied> {
  const lines = new Lines(file);
  try {
    const header = await readHeader(lines, target);
    const tables = await fillEmpty(target, {
      level: header.migrations,
      rows: (sql) => restoreTables(sql, lines, header, restoring.tell),
      finish: (sql) => restoring.arrived(sql),
    });
    return { header, tables };
  } finally {
    lines.close();
  }
}

async function readHeader(lines: Lines, target: Database): Promise<Header> {
  const header = lines.parse(headerSchema, await lines.next());
  if (header.format > FORMAT)
    throw new DatabaseRefused(`the backup is newer than this program: its format is ${header.format}; install the newer program`);
  checkLevel('the backup', header.migrations, namesOf(target.source));
  return header;
}

async function restoreTables(sql: Sql, lines: Lines, header: Header, tell: Restoring['tell']): Promise<CopiedTable[]> {
  const known = new Map((await readTables(sql)).map((table) => [table.name, table]));
  const total = 2 * header.tables.reduce((sum, { rows }) => sum + rows, 0);
  const sums: CopiedTable[] = [];
  let done = 0;
  for (const { name, columns } of header.tables) {
    const table = known.get(name);
    if (!table) throw lines.broken(`there is no table ${name}`);
    const sum = await restoreTable(sql, lines, ordered(table, columns), (rows) =>
      tell({ table: name, done: done + rows, total }),
    );
    done += 2 * sum.rows;
    sums.push(sum);
  }
  const end = lines.parse(endSchema, await lines.next());
  if (2 * end.rows !== done) throw lines.broken('rows are missing');
  return sums;
}

/** The table with its columns as the file has them. */
function ordered(table: Table, names: readonly string[]): Table {
  const columns = names.flatMap((name) => table.columns.filter((column) => column.name === name));
  if (columns.length !== names.length || names.length !== table.columns.length)
    throw new DatabaseRefused(`the backup has other columns of ${table.name} than its migrations make`);
  return { ...table, columns };
}

async function restoreTable(sql: Sql, lines: Lines, table: Table, tell: (rows: number) => void): Promise<CopiedTable> {
  const summing = new Summing();
  let line = await lines.next();
  while (line?.startsWith('[')) {
    const rows: RowText[] = [];
    for (let size = 0; line?.startsWith('[') && size < CHUNK; line = await lines.next()) {
      rows.push(line);
      size += line.length;
    }
    summing.add(rows);
    await insertRows(sql, table, rows);
    tell(summing.rows);
  }
  const sum = summing.sum();
  const end = lines.parse(tableEndSchema, line);
  if (end.table !== table.name || end.rows !== sum.rows || end.sha256 !== sum.sha256)
    throw lines.broken(`the rows of ${table.name} are not those that were written`);
  await verify(sql, table, sum, (rows) => tell(sum.rows + rows));
  await setNext(sql, table, end.next);
  return { table: table.name, ...sum };
}

/** The lines of a gzip file, one after the other. */
class Lines {
  private readonly file: string;
  private readonly stream = createGunzip();
  private readonly lines: AsyncGenerator<string>;

  constructor(file: string) {
    this.file = file;
    // Errors come out of the stream's iterator, where they are read.
    pipeline(createReadStream(file), this.stream, () => undefined);
    this.lines = this.split();
  }

  async next(): Promise<string | undefined> {
    try {
      const { value, done } = await this.lines.next();
      return done ? undefined : value;
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (syscall) throw new DatabaseRefused(`${this.file} cannot be read (${code})`);
      throw this.broken(`it is cut off, damaged, or no gzip file`);
    }
  }

  parse<T>(schema: z.ZodType<T>, line: string | undefined): T {
    let value: unknown;
    try {
      value = JSON.parse(line ?? '');
    } catch {
      throw this.broken(line === undefined ? 'it is cut off' : 'a line cannot be read');
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw this.broken('a line cannot be understood');
    return parsed.data;
  }

  broken(why: string): DatabaseRefused {
    return new DatabaseRefused(`${this.file} is no whole backup: ${why}`);
  }

  close(): void {
    this.stream.destroy();
  }

  private async *split(): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of this.stream as AsyncIterable<Buffer>) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      yield* parts;
    }
    if (rest !== '') yield rest;
  }
}
