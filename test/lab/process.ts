import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

/** A process of ours: known by its pid, with its output in a file. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

export interface Start {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly log: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

let heir: Socket | undefined;

/** However we end, also by SIGKILL: this process is ended after us, by this signal. */
export function bequeath(pid: number, signal: NodeJS.Signals = 'SIGTERM'): void {
  heir ??= startHeir();
  heir.write(`${pid} ${signal}\n`);
}

/** In a session of its own: what ends us must not end it. */
function startHeir(): Socket {
  const isBySetup = process.env.TEST_OF_RIALTO_SETUP === String(process.ppid);
  const watched = isBySetup ? [String(process.ppid), String(process.pid)] : [];
  const child = spawn(process.execPath, [join(import.meta.dirname, 'heir.ts'), ...watched], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  const words = child.stdin as Socket;
  words.on('error', () => {});
  words.unref();
  return words;
}

/** Starts a process whose output goes to `log`. Stop it by `stop`; it does not outlive us. */
export function start({ name, command, args, log, cwd, env }: Start): Running {
  const output = openSync(log, 'a');
  const child = spawn(command, [...args], { cwd, env: { ...process.env, ...env }, stdio: ['ignore', output, output] });
  closeSync(output);
  child.on('error', () => {});
  if (child.pid !== undefined) bequeath(child.pid);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return { name, pid: child.pid ?? 0, log, child, ended };
}

/** SIGTERM, and SIGKILL if that is not enough. */
export async function stop(running: Running | undefined, ms = 10_000): Promise<void> {
  if (!running || hasEnded(running)) return;
  running.child.kill('SIGTERM');
  const timer = setTimeout(() => running.child.kill('SIGKILL'), ms);
  await running.ended;
  clearTimeout(timer);
}

export async function kill(running: Running): Promise<void> {
  running.child.kill('SIGKILL');
  await running.ended;
}

export function hasEnded({ child }: Running): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** The last lines of a log, for an error message. */
function tail(file: string, lines = 12): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') : '';
}

export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Looks every 50 ms until `holds`; fails with `what`, and the end of the log if one is given. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  given: { ms?: number; running?: Running } = {},
): Promise<void> {
  const { ms = 30_000, running } = given;
  const end = Date.now() + ms;
  while (!(await holds())) {
    const gone = running !== undefined && hasEnded(running);
    if (gone || Date.now() > end) {
      const about = running ? `\n${running.log}:\n${tail(running.log)}` : '';
      throw new Error(`${gone ? 'it ended' : `not within ${ms} ms`}: ${what}${about}`);
    }
    await sleep(50);
  }
}

/** A port that is free now: `wanted` if it is, else any. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.once('error', () => resolve(0));
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return port === 0 ? freePort() : port;
}
