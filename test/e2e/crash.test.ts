import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { promises } from '../crash/ledger.ts';
import { installPostgres } from '../lab/install.ts';
import { node, root } from '../lab/paths.ts';
import { Progress } from '../lab/progress.ts';
import { installXmpp } from '../lab/xmpp-server.ts';
import { describeWhere } from './lab.ts';

interface Account {
  readonly offered: number;
  readonly delivered: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
}
interface Result extends Account {
  readonly kills: number;
  readonly classes: Readonly<Record<string, Account>>;
}

const runner = [
  '--disable-warning=ExperimentalWarning',
  '--experimental-transform-types',
  join(root, 'test', 'crash', 'crash.ts'),
];

/** `npm run crash` with these arguments; what it printed is in `said`, with the seed to try it again with. */
async function crash(...args: readonly string[]): Promise<{ code: number | null; said: string; result: Result }> {
  const folder = mkdtempSync(join(tmpdir(), 'rialto-crash-test-'));
  const json = join(folder, 'result.json');
  try {
    const child = spawn(node, [...runner, ...args, '--json', json], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    const said = Buffer.concat(chunks).toString('utf8');
    process.stderr.write(`${said.trimEnd()}\n`);
    return { code, said, result: JSON.parse(readFileSync(json, 'utf8')) as Result };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const install = async (): Promise<void> => {
  const progress = new Progress();
  await installXmpp('prosody', progress);
  await installPostgres(progress);
};

await describeWhere('the crash runner, in short', install, () => {
  test('nothing is lost, doubled or reordered by kills, cuts and a takeover under load', async () => {
    const { code, result } = await crash(
      '--rounds',
      '5',
      '--messages',
      '3000',
      '--faults',
      'kill,kill-forget,cut,postgres,pause',
    );
    for (const [name, not] of promises) {
      expect(result.classes[name]).toMatchObject(Object.fromEntries(not.map((symptom) => [symptom, 0])));
    }
    expect([code, result.kills]).toEqual([0, 3]);
    expect(result.delivered).toBeGreaterThan(2500);
  }, 180_000);

  test('it finds a bridge that takes repeats for new', async () => {
    const { code, said, result } = await crash('--rounds', '1', '--messages', '600', '--sabotage', 'no-dedupe');
    expect(said).toContain('no-dedupe was found');
    expect(result.doubled).toBeGreaterThan(0);
    expect(code).toBe(0);
  }, 120_000);
});
