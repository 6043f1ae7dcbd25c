import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';
import { clusterMissing } from './postgres.ts';
import { sleep } from './process.ts';
import type { Progress } from './progress.ts';

const SYNAPSE = '1.163.2';

/** Something that this machine lacks, in one line with the remedy. */
export class Missing extends Error {}

async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; output: string }> {
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number>((resolve) => {
    child.on('error', () => resolve(127));
    child.on('close', (status) => resolve(status ?? 1));
  });
  return { code, output };
}

async function has(command: string): Promise<boolean> {
  return (await run('sh', ['-c', `command -v ${command}`], { PATH: `${process.env.PATH}:/usr/sbin:/sbin` })).code === 0;
}

/** Installs Debian packages; their services are not started, because nobody here needs them. */
async function apt(packages: readonly string[], what: string): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const remedy = `install it: apt-get install ${packages.join(' ')}`;
  if (!(await has('apt-get'))) throw new Missing(`${what} is missing and there is no apt-get: ${remedy}`);
  if (!isRoot && (await run('sudo', ['-n', 'true'])).code !== 0)
    throw new Missing(`${what} is missing; neither root nor sudo: ${remedy}`);
  const sudo = isRoot ? [] : ['sudo', '-n'];
  // Debian's own switch for "do not start services": a program named policy-rc.d that says 101. Ours is only there meanwhile.
  const script =
    'set -e; p=/usr/sbin/policy-rc.d; made=; if [ ! -e $p ]; then printf "#!/bin/sh\\nexit 101\\n" > $p; chmod +x $p; made=1; fi; ' +
    'trap \'[ -z "$made" ] || rm -f $p\' EXIT; export DEBIAN_FRONTEND=noninteractive; apt-get update -q; ' +
    `apt-get install -y -q --no-install-recommends ${packages.join(' ')}`;
  const [command = 'sh', ...args] = [...sudo, 'sh', '-c', script];
  const { code, output } = await run(command, args);
  if (code !== 0)
    throw new Missing(
      `${what} could not be installed (is there a network?): ${remedy}\n${output.trim().split('\n').slice(-5).join('\n')}`,
    );
}

export async function installProsody(progress: Progress): Promise<void> {
  if (await has('prosody')) return;
  await progress.step('installing Prosody (apt)', () => apt(['prosody'], 'Prosody'));
}

export async function installEjabberd(progress: Progress): Promise<void> {
  if (await has('ejabberdctl')) return;
  await progress.step('installing ejabberd (apt)', () => apt(['ejabberd'], 'ejabberd'));
}

export async function installPostgres(progress: Progress): Promise<void> {
  if (clusterMissing() !== undefined) await progress.step('installing Postgres (apt)', () => apt(['postgresql'], 'Postgres'));
  const why = clusterMissing();
  if (why !== undefined) throw new Missing(why);
}

/** The Python of a virtual environment with Synapse in it, under .cache; one installer at a time, and once. */
export async function installSynapse(progress: Progress): Promise<string> {
  const folder = join(root, '.cache', `synapse-${SYNAPSE}`);
  const python = join(folder, 'bin', 'python');
  const done = join(folder, 'installed');
  if (existsSync(done)) return python;
  const lock = `${folder}.lock`;
  mkdirSync(join(root, '.cache'), { recursive: true });
  return progress.step(`installing Synapse ${SYNAPSE} (pip, about half a minute)`, async () => {
    await locked(lock, async () => {
      if (existsSync(done)) return;
      if (!(await has('python3'))) throw new Missing('python3 is missing: apt-get install python3 python3-venv');
      if ((await run('python3', ['-m', 'venv', folder])).code !== 0) {
        await apt(['python3-venv'], 'the venv module of Python');
        const { code, output } = await run('python3', ['-m', 'venv', '--clear', folder]);
        if (code !== 0) throw new Missing(`no virtual environment can be made: ${output}`);
      }
      const pip = [
        '-m',
        'pip',
        'install',
        '-q',
        '--disable-pip-version-check',
        '--only-binary',
        ':all:',
        `matrix-synapse==${SYNAPSE}`,
      ];
      const { code, output } = await run(python, pip);
      if (code !== 0)
        throw new Missing(
          `Synapse cannot be installed by pip (is there a network?):\n${output.trim().split('\n').slice(-5).join('\n')}`,
        );
      mkdirSync(done);
    });
    return python;
  });
}

/** A folder is made by one process only. A lock of ten minutes' age is a dead one's. */
async function locked(path: string, work: () => Promise<void>): Promise<void> {
  for (let waited = 0; ; waited += 1) {
    try {
      mkdirSync(path);
      break;
    } catch {
      if (waited > 600) rmdirSync(path);
      await sleep(1000);
    }
  }
  try {
    await work();
  } finally {
    rmdirSync(path);
  }
}
