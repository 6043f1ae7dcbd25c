import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openDatabase } from '../../src/db.ts';
import { QuietLog } from '../support/quiet-log.ts';

let folder: string;
let child: ChildProcess | undefined;

// One folder for all: a new database takes 3 s, this one opens in 0.4.
beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'rialto-embedded-')), 'data');
  await open().then((db) => db.close());
}, 30_000);
afterEach(() => {
  child?.kill('SIGKILL');
  child = undefined;
});
afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const open = () => openDatabase({ folder, log: new QuietLog() });

/** A child that writes until it is killed; resolves once it has had `count` rows acknowledged. */
async function writing(count: number): Promise<{ pid: number; kill(): Promise<number> }> {
  const writer = spawn(process.execPath, [fileURLToPath(new URL('./writer.ts', import.meta.url)), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = writer;
  let acknowledged = 0;
  const lines = createInterface({ input: writer.stdout });
  const enough = Promise.withResolvers<void>();
  let here = 0;
  lines.on('line', (line) => {
    acknowledged = Number(line);
    if (++here === count) enough.resolve();
  });
  writer.once('exit', (code) => enough.reject(new Error(`the writer ended with ${code}`)));
  await enough.promise;
  const kill = async (): Promise<number> => {
    writer.kill('SIGKILL');
    await Promise.all([once(lines, 'close'), once(writer, 'exit')]);
    return acknowledged;
  };
  return { pid: writer.pid ?? 0, kill };
}

test('keeps its rows over a close, in a folder for its owner alone', async () => {
  const first = await open();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  await first.query('create table kept (what text)');
  await first.query('insert into kept values ($1)', ['this']);
  await Promise.all([first.close(), first.close()]);
  expect(existsSync(join(folder, 'lock'))).toBe(false);
  const second = await open();
  expect(await second.query('select what from kept')).toEqual([{ what: 'this' }]);
  await second.close();
}, 30_000);

test('a second open of the same folder in this process is refused', async () => {
  const first = await open();
  await expect(open()).rejects.toThrow(/already open in this process/);
  expect(await first.query('select 1 as one')).toEqual([{ one: 1 }]);
  await first.close();
}, 30_000);

test('is refused while another process has it, then taken over after kill -9 with every acknowledged row', async () => {
  for (const rows of [200, 350, 1]) {
    const writer = await writing(rows);
    await expect(open()).rejects.toThrow(new RegExp(`already open in the process ${writer.pid} `));
    const acknowledged = await writer.kill();
    expect(existsSync(join(folder, 'lock'))).toBe(true);
    const db = await open();
    const [found] = await db.query<{ rows: number; last: number }>('select count(*) as rows, max(n) as last from written');
    // The row behind the last acknowledged one may have been committed too.
    expect(found?.last).toBeGreaterThanOrEqual(acknowledged);
    expect(found?.last).toBeLessThanOrEqual(acknowledged + 1);
    expect(found?.rows).toBe(found?.last);
    await db.close();
  }
}, 60_000);

test.each([
  ['a pid that was used again', JSON.stringify({ pid: process.pid, started: 'long ago' })],
  ['a pid of nobody', JSON.stringify({ pid: 2 ** 22 + 1, started: '' })],
  ['half a file', '{"pid":'],
])(
  'a lock with %s is taken over',
  async (_what, lock) => {
    await open().then((db) => db.close());
    writeFileSync(join(folder, 'lock'), lock);
    const db = await open();
    await db.close();
  },
  30_000,
);

test('what cannot be opened says so and gives the folder back', async () => {
  rmSync(join(folder, 'cluster', 'global'), { recursive: true });
  await expect(open()).rejects.toThrow();
  expect(existsSync(join(folder, 'lock'))).toBe(false);
}, 30_000);
