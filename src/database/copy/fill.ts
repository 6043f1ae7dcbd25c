import type { QueryRunner } from 'typeorm';
import type { Database, Sql } from '../../db.ts';
import { lockSchema, migrateWithin, namesOf } from '../migrations.ts';
import { DatabaseRefused } from '../refused.ts';
import { settle } from './tables.ts';

/** What fills an empty database. */
export interface Filling<T> {
  /** The migrations that the rows were written under. */
  readonly level: readonly string[];
  /** Puts the rows in and verifies them. */
  rows(sql: Sql): Promise<T>;
  /** When the schema is this program's. */
  finish(sql: Sql): Promise<void>;
}

/**
 * Makes the schema of `level`, lets the rows in, and brings both up to this program: all in one transaction, so that there is
 * either a whole database afterwards or an empty one. Rejects with a DatabaseRefused if anything is there. `target` must have
 * been opened with its schema as it is.
 */
export async function fillEmpty<T>(target: Database, filling: Filling<T>): Promise<T> {
  const runner = target.source.createQueryRunner();
  const sql = sqlOf(runner);
  try {
    await runner.startTransaction();
    await lockSchema(runner);
    await settle(sql);
    await refuseFull(sql);
    await migrateWithin(runner, filling.level);
    const result = await filling.rows(sql);
    await migrateWithin(runner, namesOf(target.source));
    await filling.finish(sql);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    // What is to be known is why it failed; a session that cannot even roll back has lost its transaction anyway.
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}

async function refuseFull(sql: Sql): Promise<void> {
  const rows = await sql.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') and not relispartition
      order by relname`,
  );
  if (rows.length === 0) return;
  const some = rows.slice(0, 5).map(({ name }) => name);
  throw new DatabaseRefused(
    `the target is not empty: it has the tables ${some.join(', ')}${rows.length > some.length ? ' and others' : ''}; give an empty one`,
  );
}

function sqlOf(runner: QueryRunner): Sql {
  return {
    query: async <R>(text: string, values?: readonly unknown[]): Promise<R[]> => {
      const { records } = await runner.query(text, values as unknown[] | undefined, true);
      return (records ?? []) as R[];
    },
  };
}
