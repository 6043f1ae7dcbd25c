import { createConnection } from 'node:net';
import { join } from 'node:path';
import { snippetsFor } from '../../src/networks/xmpp/snippets.ts';
import { installEjabberd, installProsody } from './install.ts';
import type { Progress } from './progress.ts';

export const xmppServers = ['prosody', 'ejabberd'] as const;
export type XmppKind = (typeof xmppServers)[number];

export interface XmppSettings {
  readonly folder: string;
  readonly c2sPort: number;
  readonly componentPort: number;
  readonly domain: string;
  readonly mucDomain: string;
  readonly peopleDomain: string;
  readonly roomDomain: string;
  readonly secret: string;
  /** Lines of history that a MUC keeps for whoever enters, where not the lab's many. */
  readonly history?: number;
}

/** A server of one's own for XMPP, as the lab needs it. */
export interface XmppServer {
  readonly kind: XmppKind;
  readonly pid: number;
  /** Before the start, and without a word for an account that is there. */
  addUser(name: string, password: string): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** What Rialto tells an operator to write into the configuration of this server. */
export function snippet(at: XmppSettings, file: string): string {
  const service = `xmpp://127.0.0.1:${at.componentPort}`;
  const found = snippetsFor({ domain: at.peopleDomain, secret: at.secret, service, nick: 'Rialto' }).find(
    (one) => one.file === file,
  );
  if (!found) throw new Error(`there is no snippet for ${file}`);
  return found.text;
}

export function installXmpp(kind: XmppKind, progress: Progress): Promise<void> {
  return kind === 'prosody' ? installProsody(progress) : installEjabberd(progress);
}

/** The server of a lab's folder; its data lie beside those of the other kind. */
export async function makeXmppServer(kind: XmppKind, at: Omit<XmppSettings, 'folder'>, folder: string): Promise<XmppServer> {
  const settings = { ...at, folder: join(folder, kind) };
  if (kind === 'prosody') return new (await import('./prosody.ts')).Prosody(settings);
  return new (await import('./ejabberd.ts')).Ejabberd(settings);
}

export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
