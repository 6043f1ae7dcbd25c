import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const RUN = 'RIALTO_TEST_RUN';
const PREFIX = 'rialto-test-';

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Where Debian and Ubuntu put the programs; the highest version wins. */
function binaries(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb')));
}

/** Postgres refuses to run as root; the package makes an account for it. */
function account(): Account | undefined {
  if (process.getuid?.() !== 0) return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const line = readFileSync('/etc/passwd', 'utf8').match(/^postgres:[^:]*:(\d+):(\d+):/m);
  return line ? { uid: Number(line[1]), gid: Number(line[2]) } : undefined;
}

/** Why these tests cannot have a Postgres; undefined when they can. */
export function postgresMissing(): string | undefined {
  if (process.env.RIALTO_TEST_POSTGRES_URL) return undefined;
  if (!binaries()) return 'no Postgres in /usr/lib/postgresql (apt-get install postgresql) and no RIALTO_TEST_POSTGRES_URL';
  if (!account()) return 'there is no account `postgres` and root cannot run Postgres';
  return undefined;
}

/** A cluster of our own: loopback, a free port, durable as in production. */
export class Cluster {
  readonly url: string;
  private readonly folder: string;
  private readonly port: number;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  /** `folder` must be one that the Postgres account can reach. */
  static async create(folder: string): Promise<Cluster> {
    const owner = account();
    if (owner) {
      mkdirSync(folder, { recursive: true });
      chownSync(folder, owner.uid, owner.gid);
    }
    run('initdb', ['-D', join(folder, 'data'), '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '-N'], folder);
    for (let attempt = 0; ; attempt++) {
      const cluster = new Cluster(folder, await freePort());
      try {
        cluster.start();
        return cluster;
      } catch (error) {
        // Somebody else took the port in between.
        if (attempt === 2) throw error;
      }
    }
  }

  start(): void {
    const settings = `-p ${this.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=on`;
    run(
      'pg_ctl',
      ['-D', join(this.folder, 'data'), '-w', '-s', '-l', join(this.folder, 'log'), '-o', settings, 'start'],
      this.folder,
    );
  }

  stop(): void {
    stopCluster(this.folder);
  }
}

function run(program: string, args: readonly string[], cwd: string): void {
  const owner = process.getuid?.() === 0 ? account() : undefined;
  // No pipes: the server inherits them, and this call would wait for as long as the server lives.
  const { status, error } = spawnSync(join(binaries() ?? '', program), [...args], {
    cwd,
    stdio: 'ignore',
    timeout: 60_000,
    ...owner,
  });
  if (error || status !== 0) throw new Error(`${program} failed (${error?.message ?? `status ${status}`}); see ${cwd}`);
}

function stopCluster(folder: string): void {
  if (existsSync(join(folder, 'data', 'postmaster.pid')))
    run('pg_ctl', ['-D', join(folder, 'data'), '-w', '-s', '-m', 'fast', 'stop'], folder);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** A folder that the Postgres account can reach. */
export function reachableFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  chmodSync(folder, 0o755);
  return folder;
}

/** The server of this jest run; the first who asks starts it, whichever worker that is. */
export async function sharedPostgres(): Promise<string> {
  const given = process.env.RIALTO_TEST_POSTGRES_URL;
  if (given) return given;
  const folder = process.env[RUN];
  if (!folder) throw new Error('the jest configuration lacks globalSetup: test/support/global-setup.ts');
  const answer = join(folder, 'url');
  if (first(join(folder, 'starting'))) {
    const text = await Cluster.create(join(folder, 'cluster')).then(
      ({ url }) => url,
      (error: Error) => `failed: ${error.message}`,
    );
    writeFileSync(`${answer}.new`, text);
    renameSync(`${answer}.new`, answer);
  }
  for (let waited = 0; !existsSync(answer) && waited < 60_000; waited += 50) await sleep(50);
  const url = existsSync(answer) ? readFileSync(answer, 'utf8') : 'failed: not up after 60 s';
  if (url.startsWith('failed')) throw new Error(`the Postgres of the tests: ${url}`);
  return url;
}

function first(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Before all tests: only a folder, nothing is started. Clears away what a killed run left behind. */
export function beginRun(): void {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    if (existsSync(join(folder, 'owner')) && !alive(Number(readFileSync(join(folder, 'owner'), 'utf8')))) remove(folder);
  }
  const folder = reachableFolder();
  writeFileSync(join(folder, 'owner'), String(process.pid));
  process.env[RUN] = folder;
}

/** After all tests: stops the server if one was started. */
export function endRun(): void {
  const folder = process.env[RUN];
  if (folder) remove(folder);
}

function remove(folder: string): void {
  stopCluster(join(folder, 'cluster'));
  rmSync(folder, { recursive: true, force: true });
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
