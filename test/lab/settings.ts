import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Missing } from './install.ts';
import { freePort } from './process.ts';
import type { XmppKind } from './xmpp-server.ts';

export interface Account {
  readonly name: string;
  readonly password: string;
}

/** What one data folder remembers, so that a second start finds everything where it was. */
export interface Settings {
  readonly folder: string;
  readonly ports: Readonly<Record<'c2s' | 'component' | 'synapse' | 'rialto' | 'postgres', number>>;
  readonly xmppServer: XmppKind;
  readonly xmppDomain: string;
  readonly matrixDomain: string;
  readonly secret: string;
  readonly asToken: string;
  readonly hsToken: string;
  readonly xmppUsers: readonly Account[];
  readonly matrixUsers: readonly Account[];
}

const xmppNames = ['juliet', 'romeo'];
const matrixNames = ['alice', 'bob'];
const token = (): string => randomBytes(16).toString('hex');

function accounts(names: readonly string[], known: readonly Account[], count: number): Account[] {
  return Array.from({ length: Math.max(count, known.length) }, (_, n) => {
    return known[n] ?? { name: names[n] ?? `user${n + 1}`, password: token() };
  });
}

/** The settings of a folder: what was there, completed by what is new. A port that somebody took meanwhile is replaced. */
export async function settle(folder: string, users: number, xmppServer: XmppKind): Promise<Settings> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'lab.json');
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Settings) : undefined;
  if ((before?.xmppServer ?? xmppServer) !== xmppServer)
    throw new Missing(`${folder} was made with ${before?.xmppServer}: give ${xmppServer} a folder of its own (--data DIR)`);
  const settings: Settings = {
    folder,
    ports: {
      c2s: await freePort(before?.ports.c2s),
      component: await freePort(before?.ports.component),
      synapse: await freePort(before?.ports.synapse),
      rialto: await freePort(before?.ports.rialto),
      postgres: await freePort(before?.ports.postgres),
    },
    xmppServer,
    xmppDomain: before?.xmppDomain ?? 'xmpp.localhost',
    matrixDomain: before?.matrixDomain ?? 'matrix.localhost',
    secret: before?.secret ?? token(),
    asToken: before?.asToken ?? token(),
    hsToken: before?.hsToken ?? token(),
    xmppUsers: accounts(xmppNames, before?.xmppUsers ?? [], users),
    matrixUsers: accounts(matrixNames, before?.matrixUsers ?? [], users),
  };
  writeFileSync(`${file}.new`, JSON.stringify(settings, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return settings;
}
