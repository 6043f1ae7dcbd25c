import type { Database, Sql } from '../../db.ts';
import { type Day, daysLater } from './days.ts';

/** A table that is partitioned by day, and how many days each partition holds. */
export interface Partitioned {
  readonly table: 'body' | 'excerpt';
  readonly days: number;
}

export const bodies: Partitioned = { table: 'body', days: 1 };
/** By the week: a quarter of a year is fourteen tables and not ninety. */
export const excerpts: Partitioned = { table: 'excerpt', days: 7 };

/** A wait for the table holds up whoever appends behind it, so it is short; the trimmer comes again. SQLSTATE 55P03 if it was too short. */
const LOCK_WAIT = `set local lock_timeout = '100ms'`;

const nameOf = ({ table }: Partitioned, from: Day): string => `${table}_${from.replaceAll('-', '')}`;

interface Named {
  readonly name: string;
  readonly from: Day;
}

const named = `select c.relname as name, to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') as from
                 from pg_class c
                where c.relnamespace = current_schema()::regnamespace and c.relname ~ ('^' || $1 || '_\\d{8}$') and c.relkind = 'r'`;

/** The partitions of single spans, the oldest first; the one for all the rest is not among them. */
export function partitionsOf(sql: Sql, { table }: Partitioned): Promise<Named[]> {
  return sql.query<Named>(`${named} and c.relispartition order by 1`, [table]);
}

/** Partitions that were taken out and not dropped yet. */
export function takenOut(sql: Sql, { table }: Partitioned): Promise<Named[]> {
  return sql.query<Named>(`${named} and not c.relispartition order by 1`, [table]);
}

/**
 * Made apart and then put in: that locks the table against other changes of its shape only, not against lines.
 * Fails with 23514 where lines of these days lie in the rest already: it is too late for a partition then.
 */
export async function addPartition(db: Database, of: Partitioned, from: Day): Promise<void> {
  const name = nameOf(of, from);
  await db.transaction(async (sql) => {
    await sql.query(LOCK_WAIT);
    await sql.query(`create table ${name} (like ${of.table} including all)`);
    await sql.query(
      `alter table ${of.table} attach partition ${name} for values from ('${from}') to ('${daysLater(from, of.days)}')`,
    );
  });
}

/**
 * Out of the table in one moment. Not `concurrently`: Postgres refuses that beside a partition for the rest, and without that one
 * a clock that jumps would stop every append.
 */
export async function takeOut(db: Database, of: Partitioned, name: string): Promise<void> {
  await db.transaction(async (sql) => {
    await sql.query(LOCK_WAIT);
    await sql.query(`alter table ${of.table} detach partition ${name}`);
  });
}

/** Nobody reads it any more: its files go without a lock that anybody waits for. */
export async function dropTakenOut(sql: Sql, name: string): Promise<void> {
  await sql.query(`drop table ${name}`);
}
