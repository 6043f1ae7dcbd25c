import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Database, openDatabase } from '../../src/db.ts';
import { Cluster } from '../lab/postgres.ts';
import { testDatabases } from '../support/database.ts';
import { reachableFolder } from '../support/postgres.ts';
import { QuietLog } from '../support/quiet-log.ts';

// Only on a cluster of its own: the server is stopped here.
const engines = process.env.TEST_OF_RIALTO_POSTGRES_URL ? [] : testDatabases().filter(({ name }) => name === 'postgres');

(engines.length > 0 ? describe : describe.skip)('a Postgres that comes and goes', () => {
  let folder: string;
  let cluster: Cluster;
  let db: Database;
  const log = new QuietLog();

  beforeAll(async () => {
    folder = reachableFolder();
    cluster = await Cluster.create(join(folder, 'cluster'));
    db = await openDatabase({ url: cluster.url, log });
  }, 30_000);
  afterAll(async () => {
    await db?.close();
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('after a restart the next statement finds the server again; nothing is fatal', async () => {
    await Promise.all(Array.from({ length: 5 }, () => db.query('select pg_sleep(0.05)')));
    const running = db.transaction(async (sql) => {
      await sql.query('select 1');
      await cluster.stop();
      await sql.query('select 1');
    });
    await expect(running).rejects.toThrow();
    await expect(db.query('select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await cluster.start();
    expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
    expect(await db.source.query('select 2 as two')).toEqual([{ two: 2 }]);
    expect(log.said).toContain('database session lost');
  }, 30_000);
});
