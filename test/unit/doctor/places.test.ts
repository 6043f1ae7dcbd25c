import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { configuration } from '../../../src/doctor/configuration.ts';
import { dataFolder } from '../../../src/doctor/data-folder.ts';
import { openHttp } from '../../../src/doctor/http-door.ts';
import { begun, listed } from '../../../src/doctor/part.ts';
import type { Finding } from '../../../src/networks/finding.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rialto-doctor-'));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

const wrong = (findings: Iterable<Finding>): string[] =>
  [...findings].filter(({ verdict }) => verdict === 'fault' || verdict === 'warning').map(({ code }) => code);

describe('the data folder', () => {
  test.each([
    [0o700, []],
    [0o750, ['data-public']],
    [0o777, ['data-public']],
    [0o500, ['data-not-writable']],
  ])('of mode %o', (mode, codes) => {
    chmodSync(folder, mode);
    expect(wrong(dataFolder(folder))).toEqual(codes);
  });

  test('that is not there will be made; one that is a file will not', () => {
    expect([...dataFolder(join(folder, 'a', 'b'))]).toEqual([expect.objectContaining({ code: 'data-new', verdict: 'ok' })]);
    writeFileSync(join(folder, 'file'), '');
    expect(wrong(dataFolder(join(folder, 'file')))).toEqual(['data-no-folder']);
  });
});

describe('the configuration', () => {
  test.each([
    ['networks: {}\nworld: 1', ['config-unknown-key']],
    ['networks: {a: {protocol: pigeon}}', ['config-invalid']],
    ['networks: [', ['config-invalid']],
    ['networks: {}\ndata: CHANGE-ME', ['config-placeholder']],
    ['networks: {}', ['config-no-network']],
  ])('%j', (text, codes) => {
    const file = join(folder, 'rialto.yaml');
    writeFileSync(file, `version: 1\n${text}\n`, { mode: 0o600 });
    expect(wrong(configuration(file).findings)).toEqual(codes);
  });

  test('that is not there', () => {
    expect(wrong(configuration(join(folder, 'nowhere.yaml')).findings)).toEqual(['config-unreadable']);
  });
});

test('our port is answered while the check lasts, and is free afterwards', async () => {
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  const { port } = other.address() as AddressInfo;
  expect(await openHttp({ host: '127.0.0.1', port })).toMatchObject({ finding: { code: 'http-port', verdict: 'fault' } });
  await new Promise((done) => other.close(done));

  for (const _ of ['once', 'again']) {
    const door = await openHttp({ host: '127.0.0.1', port });
    door.port?.route('POST', '/say/:what', async ({ params, body }) => ({ status: 200, body: { ...params, body } }));
    const answer = await fetch(`http://127.0.0.1:${port}/say/hi`, {
      method: 'POST',
      body: '{"a":1}',
      headers: { connection: 'close' },
    });
    expect(await answer.json()).toEqual({ what: 'hi', body: { a: 1 } });
    expect((await fetch(`http://127.0.0.1:${port}/else`, { headers: { connection: 'close' } })).status).toBe(404);
    await door.close();
  }
});

test('a part begins before it is read, keeps its order, and a check that fails says so', async () => {
  const fine = (code: string): Finding => ({ code, verdict: 'ok', evidence: '' });
  let started = false;
  const part = begun(
    (async function* () {
      started = true;
      yield* listed([fine('one'), fine('two')]);
      throw new Error('oops');
    })(),
  );
  await new Promise((resolve) => setImmediate(resolve));
  expect(started).toBe(true);
  const codes: string[] = [];
  for await (const { code } of part) codes.push(code);
  expect(codes).toEqual(['one', 'two', 'check-failed']);
});
