import { execFileSync } from 'node:child_process';
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseRefused } from './refused.ts';

/** Another process works with this folder, or this very one does. */
export class FolderInUse extends DatabaseRefused {}

interface Holder {
  readonly pid: number;
  /** When that process began, in whatever form the system tells it; pids are used again. */
  readonly started: string;
}

const GONE = 'gone';

/** Takes the folder for this process, or says who has it: two engines on one folder would destroy it. Returns the function that gives it back. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock');
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Holder);
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    // Every round either takes the lock, meets a living holder or clears one dead one away.
    for (let round = 0; round < 10; round++) {
      if (linked(draft, path)) return () => release(path, mine);
      clearIfDead(path, draft);
    }
    throw new Error(`${folder} is being opened by several processes at once`);
  } finally {
    rmSync(draft, { force: true });
  }
}

function release(path: string, mine: string): void {
  if (read(path) === mine) rmSync(path, { force: true });
}

// A link appears with its whole content or not at all, and never over an existing one.
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function clearIfDead(path: string, draft: string): void {
  const seen = read(path);
  if (seen === undefined) return;
  const holder = parse(seen);
  if (holder && alive(holder)) {
    const whose = holder.pid === process.pid ? 'this process' : `the process ${holder.pid}`;
    throw new FolderInUse(`the database folder is already open in ${whose} (lock file ${path})`);
  }
  // Renaming tells us what we took: between reading and removing, another process may have put its own lock there.
  const aside = `${draft}.dead`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) !== seen) linked(aside, path);
  rmSync(aside, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

function alive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const started = startOf(holder.pid);
  return started !== GONE && (started === '' || holder.started === '' || started === holder.started);
}

/** Empty where the system does not tell: then a living pid counts as the holder. */
function startOf(pid: number): string {
  if (process.platform === 'linux') {
    // proc(5): the state is field 3, starttime field 22; the name (field 2) may itself hold spaces and brackets.
    const stat = read(`/proc/${pid}/stat`);
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    // Killed, and its parent has not asked yet (a container without an init never does). While it still has a thread
    // besides, that one may be in the middle of a write.
    if (fields[0] === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1) return GONE;
    return fields[19] ? `${read('/proc/sys/kernel/random/boot_id')?.trim()} ${fields[19]}` : '';
  }
  try {
    const env = { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' };
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env, timeout: 5000 }).trim();
  } catch {
    return '';
  }
}
