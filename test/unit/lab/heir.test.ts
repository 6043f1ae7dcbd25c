import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const lab = join(import.meta.dirname, '..', '..', 'lab', 'process.ts');
let folder: string;
let child: ChildProcess;

/** A process that starts a server of its own, which would run for long; says the pid of it. */
const script = (log: string): string => `
  import { start } from ${JSON.stringify(lab)};
  const { pid } = start({ name: 'sleep', command: 'sleep', args: ['600'], log: ${JSON.stringify(log)} });
  process.stdout.write(pid + '\\n');
  setInterval(() => {}, 1000);
`;

function runs(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/\) [ZX] /.test(readFileSync(file, 'utf8'));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rialto-heir-'));
});
afterEach(() => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'what a process of the lab has started ends with it: %s',
  async (signal) => {
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script(join(folder, 'log'))];
    child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const said = await new Promise<string>((resolve) => child.stdout?.once('data', (data: Buffer) => resolve(data.toString())));
    const pid = Number(said);
    expect(runs(pid)).toBe(true);
    child.kill(signal);
    for (let waited = 0; runs(pid) && waited < 8000; waited += 50) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(runs(pid)).toBe(false);
  },
  20_000,
);
