import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './daemon.ts';
import { freePort } from './ports.ts';

export interface XmppAccount {
  readonly jid: string;
  readonly password: string;
}
export interface MatrixAccount {
  readonly userId: string;
  readonly password: string;
  readonly accessToken: string;
  readonly deviceId: string;
}
export interface LinkedRoom {
  readonly xmpp: string;
  readonly matrix: string;
  readonly alias: string;
}

const portNames = ['c2s', 'component', 'homeserver', 'http'] as const;
const secretNames = ['people', 'rooms', 'asToken', 'hsToken', 'registration', 'macaroon', 'form', 'signing', 'password'] as const;
type Names<N extends readonly string[], T> = { readonly [name in N[number]]: T };

/** All that a data folder has been given; kept in it, so that a second run finds users, rooms and links again. */
export interface Plan {
  readonly dir: string;
  readonly ports: Names<typeof portNames, number>;
  readonly secrets: Names<typeof secretNames, string>;
  readonly matrixUsers: readonly MatrixAccount[];
  readonly rooms: readonly LinkedRoom[];
}

/** Names under .localhost never leave the machine (RFC 6761). */
export const names = {
  xmpp: 'xmpp.localhost',
  muc: 'rooms.xmpp.localhost',
  people: 'people.xmpp.localhost',
  served: 'chat.xmpp.localhost',
  matrix: 'matrix.localhost',
  bot: 'rialto',
};

const sides = { xmpp: ['juliet', 'romeo'], matrix: ['alice', 'bob'] } as const;

/** The localpart of the n-th account of a side, from 0. */
export function localpart(side: 'xmpp' | 'matrix', n: number): string {
  return sides[side][n] ?? `user${n + 1}`;
}

export function xmppAccounts(plan: Plan, count: number): XmppAccount[] {
  return Array.from({ length: count }, (_, n) => ({
    jid: `${localpart('xmpp', n)}@${names.xmpp}`,
    password: plan.secrets.password,
  }));
}

export function fileOf(dir: string): string {
  return join(dir, 'lab.json');
}

/** Opens or begins the plan of a folder. Ports that somebody else has taken meanwhile are replaced. */
export async function openPlan(dir: string): Promise<Plan> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const old = existsSync(fileOf(dir)) ? (JSON.parse(readFileSync(fileOf(dir), 'utf8')) as Plan) : undefined;
  const ports: Record<string, number> = {};
  for (const name of portNames) {
    let port = await freePort(old?.ports[name]);
    while (Object.values(ports).includes(port)) port = await freePort();
    ports[name] = port;
  }
  const secrets = Object.fromEntries(secretNames.map((name) => [name, old?.secrets[name] ?? secret(name)]));
  const plan = { matrixUsers: [], rooms: [], ...old, dir, ports, secrets } as unknown as Plan;
  savePlan(plan);
  return plan;
}

/** The plan of a lab that is running. */
export function readPlan(dir: string): Plan {
  return JSON.parse(readFileSync(fileOf(dir), 'utf8')) as Plan;
}

export function savePlan(plan: Plan): void {
  writeWhole(fileOf(plan.dir), `${JSON.stringify(plan, undefined, 2)}\n`);
}

function secret(name: string): string {
  // Synapse signing keys are 32 octets in unpadded base64; all else only has to be long.
  return name === 'signing' ? randomBytes(32).toString('base64').replace(/=+$/, '') : randomBytes(18).toString('base64url');
}
