import { accessSync, constants, type Stats, statfsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import type { Finding } from '../networks/finding.ts';

const megabyte = 1024 * 1024;
/** Below this nothing can be stored soon; below the other one it is time to look. */
const fullMb = 100;
const scarceMb = 1024;

/** The folder for everything that must survive. */
export function* dataFolder(folder: string): Generator<Finding> {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats) return yield absent(folder);
  if (!stats.isDirectory()) {
    return yield {
      code: 'data-no-folder',
      verdict: 'fault',
      evidence: `${folder} is no folder`,
      fix: 'name another in data, or move it away',
    };
  }
  const faults = [...rights(folder, stats)];
  yield* faults;
  if (faults.length === 0) yield { code: 'data', verdict: 'ok', evidence: 'ours alone, and can be written' };
  yield space(folder);
}

/** True if the folder is another account's: what is written there now could not be written by the service. */
export function isForeign(folder: string): boolean {
  const stats = statSync(folder, { throwIfNoEntry: false });
  return stats !== undefined && process.getuid !== undefined && stats.uid !== process.getuid();
}

function absent(folder: string): Finding {
  let above = dirname(folder);
  while (!statSync(above, { throwIfNoEntry: false })) above = dirname(above);
  if (canWrite(above))
    return { code: 'data-new', verdict: 'ok', evidence: 'is not there yet, and will be made at the first start' };
  return {
    code: 'data-not-writable',
    verdict: 'fault',
    evidence: `is not there, and ${userInfo().username} may not make it in ${above}`,
    fix: `make it: install -d -m 0700 -o ${userInfo().username} ${folder}`,
  };
}

function* rights(folder: string, stats: Stats): Generator<Finding> {
  const mode = `mode ${(stats.mode & 0o777).toString(8).padStart(4, '0')}`;
  if (isForeign(folder)) {
    yield {
      code: 'data-owner',
      verdict: 'warning',
      evidence: `belongs to another account (uid ${stats.uid}) than the one that checks (${userInfo().username})`,
      fix: `check, and run, as that account: sudo -u '#${stats.uid}' rialto check; or give it away: chown -R ${userInfo().username} ${folder}`,
    };
  }
  // Root may write everywhere; the service should not need to be root.
  if ((stats.mode & 0o300) !== 0o300 || !canWrite(folder)) {
    yield {
      code: 'data-not-writable',
      verdict: 'fault',
      evidence: `cannot be written (${mode})`,
      fix: `chmod 0700 ${folder}; or see whether the disk is mounted read-only`,
    };
  }
  if ((stats.mode & 0o077) !== 0) {
    yield {
      code: 'data-public',
      verdict: (stats.mode & 0o007) === 0 ? 'warning' : 'fault',
      evidence: `others on this machine may look into it (${mode}), and it holds what people say`,
      fix: `chmod 0700 ${folder}`,
    };
  }
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function space(folder: string): Finding {
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / megabyte);
  const shown = free > 10 * 1024 ? `${Math.round(free / 1024)} GB` : `${free} MB`;
  if (free >= scarceMb) return { code: 'data-space', verdict: 'ok', evidence: `${shown} free` };
  return {
    code: 'data-space',
    verdict: free < fullMb ? 'fault' : 'warning',
    evidence: `only ${shown} free`,
    fix: 'make room on that disk, or move the folder and name it in data: nothing can be accepted that cannot be stored',
  };
}
