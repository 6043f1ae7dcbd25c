import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installSynapse } from '../lab/install.ts';
import { Progress } from '../lab/progress.ts';
import { settle } from '../lab/settings.ts';
import { Synapse } from '../lab/synapse.ts';

export const usage = `npm run bench -- devices [--ghosts N]

What a device for each ghost costs a real Synapse: the same N ghosts (5000) on two new ones, without devices and with them.`;

const AT_ONCE = 4;

interface Cost {
  readonly what: string;
  readonly seconds: number;
  readonly databaseMb: number;
  readonly rssMb: number;
  readonly startSeconds: number;
}

/** Prints both; 0 if they could be taken. */
export async function devices(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { ghosts: { type: 'string', default: '5000' } } });
  const ghosts = Number(values.ghosts);
  const python = await installSynapse(new Progress(process.stderr));
  const costs = [await measured(python, ghosts, false), await measured(python, ghosts, true)];
  for (const { what, ...figures } of costs) {
    const shown = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(1)}`);
    console.log(`${ghosts} ghosts ${what.padEnd(16)} ${shown.join('  ')}`);
  }
  return 0;
}

async function measured(python: string, ghosts: number, withDevices: boolean): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'rialto-devices-'));
  const settings = await settle(folder, 0, 'prosody');
  const { secret, asToken, hsToken, matrixDomain: domain, ports } = settings;
  const bridge = `http://127.0.0.1:${ports.rialto}`;
  const synapse = new Synapse({ folder, python, port: ports.synapse, domain, secret, asToken, hsToken, bridge });
  try {
    await synapse.start();
    const call = caller(synapse.url, asToken);
    const began = performance.now();
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < ghosts) await makeGhost(call, `_rialto_${next++}`, withDevices ? domain : undefined);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const seconds = (performance.now() - began) / 1000;
    await synapse.stop();
    const restarted = performance.now();
    await synapse.start();
    const startSeconds = (performance.now() - restarted) / 1000;
    const rssMb = residentMb(synapse.pid);
    await synapse.stop();
    const databaseMb = statSync(join(folder, 'homeserver.db')).size / 1e6;
    return { what: withDevices ? 'with devices' : 'without devices', seconds, databaseMb, rssMb, startSeconds };
  } finally {
    await synapse.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Call = (method: string, path: string, body: unknown) => Promise<void>;

function caller(url: string, token: string): Call {
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/_matrix/client/v3/${path}`, { method, body: JSON.stringify(body), headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  };
}

/** As the bridge does it: an account that nobody logs in to; with a domain, a device as well. */
async function makeGhost(call: Call, username: string, domain: string | undefined): Promise<void> {
  await call('POST', 'register', { type: 'm.login.application_service', username, inhibit_login: true });
  if (domain === undefined) return;
  const user = encodeURIComponent(`@${username}:${domain}`);
  await call('PUT', `devices/RIALTO?user_id=${user}`, { display_name: 'Rialto' });
}

function residentMb(pid: number): number {
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1000;
}
