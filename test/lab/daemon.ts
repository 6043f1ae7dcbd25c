import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One long-running process of the lab. Whoever knows this record can start and end it: nothing is kept in memory. */
export interface Daemon {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly log: string;
  readonly pidFile: string;
  /** Stands in the command line of this process and of no other: a path of ours. */
  readonly mark: string;
}

const deathSignal = ['/usr/bin/setpriv', '--pdeathsig', 'TERM', '--'];

/** Whole or not at all, also for those who read at the same moment. */
export function writeWhole(file: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, file);
}

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** The process id, if it lives and is really ours: ids are used again by strangers. */
export function running(daemon: Daemon): number | undefined {
  const pid = existsSync(daemon.pidFile) ? Number.parseInt(readFileSync(daemon.pidFile, 'utf8'), 10) : Number.NaN;
  if (!(pid > 1)) return undefined;
  const state = procFile(pid, 'stat').replace(/^.*\) /s, '')[0] ?? 'X';
  const ours = procFile(pid, 'cmdline')
    .split('\0')
    .some((part) => part.includes(daemon.mark));
  return ours && state !== 'Z' && state !== 'X' ? pid : undefined;
}

/** Starts it in a session of its own, so that Ctrl-C does not reach it. `tied`: it ends when we do, however we end. */
export function launch(daemon: Daemon, tied = true): number {
  const already = running(daemon);
  if (already !== undefined) return already;
  const out = openSync(daemon.log, 'a', 0o600);
  const [command = '', ...args] = tied && existsSync(deathSignal[0] ?? '') ? [...deathSignal, ...daemon.argv] : daemon.argv;
  const child = spawn(command, args, {
    cwd: daemon.cwd,
    detached: true,
    env: { ...process.env, ...daemon.env },
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  // Without a listener a program that is not there would end us; whoever waits for it to be ready says so.
  child.on('error', () => {});
  child.unref();
  if (child.pid === undefined) throw new Error(`${daemon.name} cannot be started: ${daemon.argv[0]}`);
  writeWhole(daemon.pidFile, `${child.pid}\n`, 0o644);
  return child.pid;
}

/** Ends it and waits until it is gone; by force after `graceMs`. */
export async function end(daemon: Daemon, signal: NodeJS.Signals = 'SIGTERM', graceMs = 15_000): Promise<void> {
  const pid = running(daemon);
  if (pid === undefined) return;
  const gone = async (ms: number): Promise<boolean> => {
    for (const until = performance.now() + ms; performance.now() < until; await sleep(20)) {
      if (running(daemon) !== pid) return true;
    }
    return false;
  };
  process.kill(pid, signal);
  if (await gone(graceMs)) return rmSync(daemon.pidFile, { force: true });
  process.kill(pid, 'SIGKILL');
  if (!(await gone(5000))) throw new Error(`${daemon.name} (process ${pid}) does not end`);
  rmSync(daemon.pidFile, { force: true });
}

/** The last lines of its log, for the one who must find out why it does not work. */
export function logTail(daemon: Daemon, lines = 12): string {
  if (!existsSync(daemon.log)) return '(no log)';
  return readFileSync(daemon.log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/** Waits until `probe` says yes. Rejects, with the end of its log, when the process ends or the time is up. */
export async function ready(daemon: Daemon, probe: () => Promise<boolean>, ms: number): Promise<void> {
  for (const until = performance.now() + ms; performance.now() < until; await sleep(50)) {
    if (await probe().catch(() => false)) return;
    if (running(daemon) === undefined) {
      throw new Error(`${daemon.name} ended while it was starting; the end of ${daemon.log}:\n${logTail(daemon)}`);
    }
  }
  throw new Error(`${daemon.name} was not ready in ${ms / 1000} s; the end of ${daemon.log}:\n${logTail(daemon)}`);
}
