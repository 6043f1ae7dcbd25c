import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { bequeath, freePort, until } from './process.ts';

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

/** Why no cluster can be made here; undefined when it can. */
export function clusterMissing(): string | undefined {
  if (!binaries()) return 'no Postgres in /usr/lib/postgresql: apt-get install postgresql';
  if (!account()) return 'there is no account `postgres` and root cannot run Postgres';
  return undefined;
}

/** A cluster of our own: loopback, a password, durable as in production. It does not outlive this process, unless it is shared. */
export class Cluster {
  readonly url: string;
  private readonly folder: string;
  private readonly port: number;
  /** With processes that may live longer than this one. */
  private isShared = false;

  private constructor(folder: string, port: number, password: string) {
    this.folder = folder;
    this.port = port;
    this.url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  }

  /** The cluster of a folder, made if there is none; it is not started. Port: the one given if it is free, else any. */
  static async at(place: string, port?: number): Promise<Cluster> {
    const folder = makeRoom(place);
    const secret = join(folder, 'password');
    if (!existsSync(join(folder, 'data', 'PG_VERSION'))) {
      writeOwned(secret, randomBytes(16).toString('hex'));
      const access = ['-A', 'scram-sha-256', '-U', 'postgres', '--pwfile', secret];
      await run('initdb', ['-D', join(folder, 'data'), ...access, '-E', 'UTF8', '--locale=C', '-N'], folder);
    }
    // One that a killed run has left behind would keep its port.
    await stopCluster(folder);
    return new Cluster(folder, await freePort(port), readFileSync(secret, 'utf8'));
  }

  /** A new and running one, on any port. */
  static async create(folder: string, { isShared = false } = {}): Promise<Cluster> {
    for (let attempt = 0; ; attempt++) {
      const cluster = await Cluster.at(folder);
      cluster.isShared = isShared;
      try {
        await cluster.start();
        return cluster;
      } catch (error) {
        // Somebody else took the port in between.
        if (attempt === 2) throw error;
      }
    }
  }

  /** 0 while it does not run. */
  get pid(): number {
    return postmaster(this.folder);
  }

  async start({ fsync = 'on' }: { readonly fsync?: 'on' | 'off' } = {}): Promise<void> {
    await stopCluster(this.folder);
    const settings = `-p ${this.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=${fsync}`;
    const log = join(this.folder, 'log');
    await run('pg_ctl', ['-D', join(this.folder, 'data'), '-w', '-s', '-l', log, '-o', settings, 'start'], this.folder);
    // SIGINT: it does not wait for its clients.
    if (!this.isShared) bequeath(this.pid, 'SIGINT');
  }

  /** The URL of a new, empty database. */
  async database(name: string): Promise<string> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    await client.query(`create database ${name}`).finally(() => client.end());
    return Object.assign(new URL(this.url), { pathname: `/${name}` }).href;
  }

  stop(): Promise<void> {
    return stopCluster(this.folder);
  }

  /** As the kernel does it when memory runs out: every process of it, at once. */
  async kill(): Promise<void> {
    const { pid } = this;
    if (pid === 0) return;
    const all = [pid, ...childrenOf(pid)];
    for (const one of all) process.kill(one, 'SIGKILL');
    await until('Postgres has ended', () => !all.some(isAlive));
  }
}

/** Makes the folder, or a link to one that the account of Postgres can reach; where it really is. */
function makeRoom(folder: string): string {
  const owner = process.getuid?.() === 0 ? account() : undefined;
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  // To be passed through by who knows the name; it still cannot be listed.
  if (owner) chmodSync(parent, statSync(parent).mode | 0o001);
  if (owner && !existsSync(folder) && !isReachable(parent)) {
    rmSync(folder, { force: true });
    symlinkSync(mkdtempSync('/var/tmp/rialto-postgres-'), folder);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (owner) chownSync(folder, owner.uid, owner.gid);
  return realpathSync(folder);
}

/** May everybody pass through, from the root down to here? */
function isReachable(folder: string): boolean {
  const isOpen = (statSync(folder).mode & 0o001) !== 0;
  return isOpen && (folder === dirname(folder) || isReachable(dirname(folder)));
}

function writeOwned(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  const owner = account();
  if (owner) chownSync(file, owner.uid, owner.gid);
}

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const owner = process.getuid?.() === 0 ? account() : undefined;
  // No pipes: the server inherits what it is given, and a pipe would not end before it does.
  const file = join(cwd, `${program}.log`);
  const output = openSync(file, 'a');
  const stdio = ['ignore', output, output] as const;
  const child = spawn(join(binaries() ?? '', program), [...args], { cwd, stdio: [...stdio], timeout: 60_000, ...owner });
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  closeSync(output);
  if (status !== 0) throw new Error(`${program} failed (status ${status}); see ${file}`);
}

/** Stops the cluster of a folder, whoever has started it. */
export async function stopCluster(folder: string): Promise<void> {
  if (postmaster(folder) !== 0) await run('pg_ctl', ['-D', join(folder, 'data'), '-w', '-s', '-m', 'fast', 'stop'], folder);
  // A killed one leaves the file, and nobody may have reaped its pid yet: Postgres would take it for alive.
  rmSync(join(folder, 'data', 'postmaster.pid'), { force: true });
}

/** The pid of the running server of a folder, or 0. */
function postmaster(folder: string): number {
  const file = join(folder, 'data', 'postmaster.pid');
  if (!existsSync(file)) return 0;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return isAlive(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(folder, 'data')) ? pid : 0;
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
}

/** One that was killed and not reaped yet is not alive. */
function isAlive(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/^\d+ \(.*\) [ZX] /.test(readFileSync(file, 'utf8'));
}
