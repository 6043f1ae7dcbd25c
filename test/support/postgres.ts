import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, clusterMissing, stopCluster } from '../lab/postgres.ts';

const RUN = 'TEST_OF_RIALTO_RUN';
const PREFIX = 'rialto-test-';

/** Why these tests cannot have a Postgres; undefined when they can. */
export function postgresMissing(): string | undefined {
  if (process.env.TEST_OF_RIALTO_POSTGRES_URL) return undefined;
  const why = clusterMissing();
  return why && `${why}; and there is no TEST_OF_RIALTO_POSTGRES_URL`;
}

/** A folder that the Postgres account can reach. */
export function reachableFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  chmodSync(folder, 0o755);
  return folder;
}

/** The server of this jest run; the first who asks starts it, whichever worker that is. */
export async function sharedPostgres(): Promise<string> {
  const given = process.env.TEST_OF_RIALTO_POSTGRES_URL;
  if (given) return given;
  const folder = process.env[RUN];
  if (!folder) throw new Error('the jest configuration lacks globalSetup: test/support/global-setup.ts');
  const answer = join(folder, 'url');
  if (first(join(folder, 'starting'))) {
    const text = await Cluster.create(join(folder, 'cluster'), { isShared: true }).then(
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
export async function beginRun(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    if (existsSync(join(folder, 'owner')) && !alive(Number(readFileSync(join(folder, 'owner'), 'utf8')))) await remove(folder);
  }
  const folder = reachableFolder();
  writeFileSync(join(folder, 'owner'), String(process.pid));
  process.env[RUN] = folder;
}

/** After all tests: stops the server if one was started. */
export async function endRun(): Promise<void> {
  const folder = process.env[RUN];
  if (folder) await remove(folder);
}

async function remove(folder: string): Promise<void> {
  await stopCluster(join(folder, 'cluster'));
  rmSync(folder, { recursive: true, force: true });
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
