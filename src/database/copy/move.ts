import type { Database, Sql } from '../../db.ts';
import { checkLevel, levelOf, namesOf } from '../migrations.ts';
import { DatabaseRefused } from '../refused.ts';
import { fillEmpty } from './fill.ts';
import {
  countRows,
  insertRows,
  readNext,
  readTables,
  rowsOf,
  type Sum,
  Summing,
  setNext,
  settle,
  type Table,
  verify,
} from './tables.ts';

/** How much has been done of all there is to do. */
export interface Progress {
  readonly table: string;
  readonly done: number;
  readonly total: number;
}

export interface CopiedTable extends Sum {
  readonly table: string;
}

export interface Moving {
  tell(progress: Progress): void;
  /** In the source, before anything is read: rejects if somebody works with it. */
  alone(sql: Sql): Promise<void>;
  /** In the target, when everything is there and verified, before its commit. */
  arrived(sql: Sql): Promise<void>;
  /** In the source, after the target's commit. */
  left(sql: Sql): Promise<void>;
}

/**
 * Copies everything from one database to another, empty one; both opened with their schema as it is. The source must be at the
 * level of this program. What was written is read again and compared, table by table, before anything is committed.
 */
export async function moveDatabase(source: Database, target: Database, moving: Moving): Promise<CopiedTable[]> {
  const level = await levelOf(source.source);
  const known = namesOf(source.source);
  checkLevel('the database', level, known);
  if (level.length === 0) throw new DatabaseRefused('there is nothing to move: the database is empty');
  if (level.length < known.length)
    throw new DatabaseRefused(
      `the database is at migration ${level.at(-1)}, this program at ${known.at(-1)}: start "rialto run" of this version once, then move`,
    );
  return source.transaction(async (from) => {
    await from.query('set transaction isolation level repeatable read');
    // A bridge that starts meanwhile waits here, and then reads that this database has been left.
    await from.query('lock table install in access exclusive mode');
    await from.query('lock table lease in exclusive mode');
    await settle(from);
    await moving.alone(from);
    const tables = await readTables(from);
    const counts = await countRows(from, tables);
    const total = 2 * [...counts.values()].reduce((sum, rows) => sum + rows, 0);
    let done = 0;
    const copied = await fillEmpty(target, {
      level,
      rows: async (to) => {
        const sums: CopiedTable[] = [];
        for (const table of tables) {
          const tell = (rows: number): void => moving.tell({ table: table.name, done: done + rows, total });
          const sum = await copyTable(from, to, table, tell);
          done += 2 * sum.rows;
          sums.push({ table: table.name, ...sum });
        }
        return sums;
      },
      finish: (to) => moving.arrived(to),
    });
    await moving.left(from);
    return copied;
  });
}

/** `tell` hears of every row twice: when it is written, and when it is read again. */
async function copyTable(from: Sql, to: Sql, table: Table, tell: (rows: number) => void): Promise<Sum> {
  const summing = new Summing();
  let done = 0;
  for await (const rows of rowsOf(from, table)) {
    summing.add(rows);
    await insertRows(to, table, rows);
    done += rows.length;
    tell(done);
  }
  const sum = summing.sum();
  await verify(to, table, sum, (rows) => tell(done + rows));
  await setNext(to, table, await readNext(from, table));
  return sum;
}
