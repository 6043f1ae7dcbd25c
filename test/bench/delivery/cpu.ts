import { readdirSync, readFileSync } from 'node:fs';

const TICK_US = 10_000;

/** CPU time of a process, all its threads, in µs; 0 if it is gone. */
export function cpuUs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_US;
  } catch {
    return 0;
  }
}

export const isAlive = (pid: number): boolean => parent(pid) > 0;

/** 0 if it is gone. */
export function rssMb(pid: number): number {
  try {
    const kb = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Math.round(Number(kb ?? 0) / 1024);
  } catch {
    return 0;
  }
}

/** A process and those it has started (the sessions of Postgres, ended ones included); 0 if it is gone. */
export function familyCpuUs(pid: number): number {
  if (!isAlive(pid)) return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const ended = (Number(fields[13]) + Number(fields[14])) * TICK_US;
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parent(Number(name)) === pid);
  return children.reduce((sum, child) => sum + cpuUs(Number(child)), cpuUs(pid) + ended);
}

function parent(pid: number): number {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    );
  } catch {
    return 0;
  }
}
