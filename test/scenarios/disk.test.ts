import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Report } from '../../src/admin/readiness.ts';
import { type Database, openDatabase } from '../../src/db.ts';
import { Cluster, clusterMissing } from '../lab/postgres.ts';
import { eventually, Town } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import type { FakeNetwork } from '../support/fake-network.ts';
import { QuietLog } from '../support/quiet-log.ts';

const canMount = process.getuid?.() === 0 && clusterMissing() === undefined;
if (!canMount)
  process.stderr.write('\n!!! NOT TESTED ON A FULL DISK: that takes root, for a small file system, and Postgres\n\n');

/** Says lines until one is refused; those that were acknowledged. */
async function until(alpha: FakeNetwork, refused: string): Promise<string[]> {
  const stored: string[] = [];
  for (let n = 0; n < 2000; n += 1) {
    const text = `${n} ${'x'.repeat(5000)}`;
    try {
      await alpha.says('alpha/a', 'Romeo', text, { id: `id-${n}` });
      stored.push(text);
    } catch (error) {
      expect(String(error)).toContain(refused);
      return stored;
    }
  }
  throw new Error('nothing was refused');
}

const ready = (town: Town): Promise<Report> => town.last.readiness.report() as Promise<Report>;

/** What is said while nothing can be stored is not acknowledged, and goes through when it is said again. */
async function expectResumed(town: Town, alpha: FakeNetwork, stored: readonly string[]): Promise<void> {
  await eventually('it stores again', () =>
    alpha.says('alpha/a', 'Romeo', 'at last', { id: 'at last' }).then(
      () => true,
      () => false,
    ),
  );
  const all = [...stored, 'at last'].map((text) => `Romeo: ${text}`);
  await eventually('all is heard', () => town.heard('beta/b').length >= all.length, 30_000);
  expect(town.heard('beta/b')).toEqual(all);
}

const postgres = testDatabases().find(({ name }) => name === 'postgres');

(postgres ? describe : describe.skip)('a database that has become read-only', () => {
  test('acknowledges nothing, says so, and resumes by itself', async () => {
    const made = await postgres?.create();
    if (!made) throw new Error('there is no Postgres');
    const { db, drop } = made;
    const town = new Town(db);
    try {
      const { alpha } = await town.bridge();
      await town.ask('link', { first: 'alpha/a', second: 'beta/b', seats: 'speak' });
      await alpha.says('alpha/a', 'Romeo', 'before', { id: 'before' });
      const all = `alter database ${(await db.query<{ name: string }>('select current_database() as name'))[0]?.name}`;
      const others =
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
      await db.query(`${all} set default_transaction_read_only = on`);
      await db.query(others);
      await db.query('set default_transaction_read_only = on');
      const refused = (): Promise<string> => alpha.says('alpha/a', 'Romeo', 'not now', { id: 'not now' }).then(() => '', String);
      await eventually('the ended connections are forgotten', async () => (await refused()).includes('read-only'));
      expect(await until(alpha, 'read-only')).toEqual([]);
      const said = await ready(town);
      expect(said).toMatchObject({ ready: false, database: { answers: true, stores: false } });
      expect(said.database.why).toContain('read-only transaction');
      await db.query('set default_transaction_read_only = off');
      await db.query(`${all} set default_transaction_read_only = off`);
      await db.query(others);
      await expectResumed(town, alpha, ['before']);
      await eventually('it is ready again', async () => (await ready(town)).ready, 30_000);
    } finally {
      await town.close();
      await drop();
    }
  }, 90_000);
});

(canMount ? describe : describe.skip)('a disk that is full', () => {
  let folder: string;
  let small: string;
  let db: Database | undefined;
  let cluster: Cluster | undefined;
  let town: Town | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rialto-disk-'));
    small = join(folder, 'small');
    mkdirSync(small);
    chmodSync(folder, 0o755);
  });
  afterEach(async () => {
    await town?.close();
    await db?.close();
    await cluster?.stop();
    execFileSync('umount', ['-l', small]);
    rmSync(folder, { recursive: true, force: true });
    town = db = cluster = undefined;
  });

  const mount = (size: string): void => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=777`, 'tmpfs', small]);
  };

  /** All of it but so many octets. */
  const fill = (left: number): string => {
    const { bavail, bsize } = statfsSync(small);
    const file = join(small, 'filler');
    writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - left)));
    return file;
  };

  async function start(opened: Database): Promise<{ town: Town; alpha: FakeNetwork }> {
    const made = new Town(opened);
    const { alpha } = await made.bridge();
    await made.ask('link', { first: 'alpha/a', second: 'beta/b', seats: 'speak' });
    return { town: made, alpha };
  }

  test('under Postgres', async () => {
    mount('40m');
    cluster = await Cluster.create(join(folder, 'cluster'));
    const admin = await openDatabase({ url: cluster.url, log: new QuietLog(), schema: 'as it is' });
    await admin.query(`create tablespace small location '${small}/space'`).catch(async () => {
      mkdirSync(`${small}/space`);
      execFileSync('chown', ['postgres', `${small}/space`]);
      await admin.query(`create tablespace small location '${small}/space'`);
    });
    await admin.query('create database small tablespace small');
    await admin.close();
    db = await openDatabase({ url: Object.assign(new URL(cluster.url), { pathname: '/small' }).href, log: new QuietLog() });
    const made = await start(db);
    town = made.town;
    const file = fill(1_000_000);
    const stored = await until(made.alpha, 'No space left on device');
    expect(stored.length).toBeGreaterThan(10);
    expect(await ready(town)).toMatchObject({ ready: false, database: { answers: true, stores: false } });
    rmSync(file);
    await expectResumed(town, made.alpha, stored);
  }, 90_000);

  test('under the embedded engine', async () => {
    mount('300m');
    db = await openDatabase({ folder: join(small, 'database'), log: new QuietLog() });
    const made = await start(db);
    town = made.town;
    const file = fill(1_000_000);
    const stored = await until(made.alpha, 'No space left on device');
    expect(await ready(town)).toMatchObject({ ready: false, database: { stores: false } });
    rmSync(file);
    await expectResumed(town, made.alpha, stored);
  }, 90_000);
});
