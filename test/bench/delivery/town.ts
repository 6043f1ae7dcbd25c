import { join } from 'node:path';
import { ask } from '../../../src/admin/control.ts';
import { installPostgres } from '../../lab/install.ts';
import { Cluster } from '../../lab/postgres.ts';
import type { Progress } from '../../lab/progress.ts';
import { Rialto } from '../../lab/rialto.ts';
import { type Settings, settle } from '../../lab/settings.ts';
import { installXmpp, makeXmppServer, type XmppKind, type XmppServer } from '../../lab/xmpp-server.ts';
import { mucCeiling } from './ceiling.ts';
import { Child } from './child.ts';
import type { CrowdCommand } from './crowd.ts';
import { Target } from './target.ts';

export interface TownOptions {
  readonly folder: string;
  readonly rooms: number;
  /** Mixed: the odd rooms have none. */
  readonly archive: boolean | 'mixed';
  /** Default: prosody. */
  readonly server?: XmppKind | undefined;
  /** Lines of history of a MUC. Default: 20. */
  readonly history?: number | undefined;
  readonly database: 'postgres' | 'embedded';
  /** Options of the bridge's Node. */
  readonly node?: readonly string[] | undefined;
  /** What stands between the bridge and the XMPP server: given the server's port, the port that the bridge is told. */
  readonly between?: ((port: number) => Promise<number>) | undefined;
  /** Measure first what the MUCs take without a bridge. */
  readonly ceiling?: boolean | undefined;
  /** The command of another bridge in the place of ours. */
  readonly target?: string | undefined;
  readonly progress: Progress;
}

/** A homeserver, or what stands for one, with rooms `#b0`, `#b1`, … */
export interface Homeserver {
  /** Where the bridge finds it. */
  readonly port: number;
  stop(): Promise<void>;
}

/** A real XMPP server with people, a homeserver, and the bridge between them. */
export interface BenchTown<H extends Homeserver> {
  readonly matrix: H;
  readonly crowd: Child<CrowdCommand>;
  /** `rialto`: of whatever bridge is there. */
  readonly pids: { readonly rialto: number; readonly prosody: number; readonly postgres: number };
  readonly server: XmppServer;
  readonly rialto: Rialto;
  readonly cluster: Cluster | undefined;
  readonly settings: Settings;
  /** Lines a second that the MUCs took before there was a bridge in them. */
  readonly ceiling: number | undefined;
  stop(): Promise<void>;
}

const MAX_CLIENTS = 50;

export async function startTown<H extends Homeserver>(
  options: TownOptions,
  homeserver: (settings: Settings) => Promise<H>,
): Promise<BenchTown<H>> {
  const { folder, rooms, archive, progress, node, between } = options;
  const kind = options.server ?? 'prosody';
  await installXmpp(kind, progress);
  const people = Math.min(rooms, MAX_CLIENTS);
  const first = await settle(folder, people, kind);
  const cluster = options.database === 'postgres' ? await startCluster(folder, first.ports.postgres, progress) : undefined;
  const domain = first.matrixDomain;
  const matrix = await homeserver(first);
  const crowd = new Child<CrowdCommand>('crowd.ts');
  const component = between ? await between(first.ports.component) : first.ports.component;
  const settings = { ...first, ports: { ...first.ports, synapse: matrix.port, component } };
  const muc = `rooms.${settings.xmppDomain}`;
  const ports = { c2sPort: first.ports.c2s, componentPort: first.ports.component };
  const domains = {
    domain: settings.xmppDomain,
    mucDomain: muc,
    peopleDomain: `people.${settings.xmppDomain}`,
    roomDomain: `bridged.${settings.xmppDomain}`,
  };
  const history = options.history ?? 20;
  const server = await makeXmppServer(kind, { ...ports, ...domains, secret: settings.secret, history }, folder);
  const rialto = new Rialto(settings, { restart: false, database: cluster?.url, node });
  let target: Target | undefined;
  let ceiling: number | undefined;
  const stop = async (): Promise<void> => {
    crowd.stop();
    await (target ?? rialto).stop();
    await matrix.stop();
    await server.stop();
    await cluster?.stop();
  };
  try {
    for (const { name, password } of settings.xmppUsers) server.addUser(name, password);
    await server.start();
    if (options.target === undefined) await rialto.start();
    const accounts = settings.xmppUsers.slice(0, people);
    const place = { port: settings.ports.c2s, domain: settings.xmppDomain, muc };
    await crowd.ask({ do: 'enter', ...place, accounts, rooms, archive, server: kind });
    if (options.ceiling) {
      const mucs = Array.from({ length: rooms }, (_, n) => `b${n}@${muc}`);
      const component = { port: ports.componentPort, domain: domains.roomDomain, secret: settings.secret };
      ceiling = await progress.step('what the MUCs take by themselves', () => mucCeiling({ ...component, rooms: mucs }));
    }
    const links = Array.from({ length: rooms }, (_, n) => [`b${n}@${muc}`, `#b${n}:${domain}`] as const);
    await progress.step(`linking ${rooms} rooms`, async () => {
      if (options.target === undefined) await link(join(folder, 'rialto'), links);
      else target = await Target.start(options.target, settings, { links, ...(cluster && { database: cluster.url }) });
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const pids = { rialto: (target ?? rialto).pid, prosody: server.pid, postgres: cluster?.pid ?? 0 };
  return { matrix, crowd, stop, pids, server, rialto, cluster, settings, ceiling };
}

async function startCluster(folder: string, port: number, progress: Progress): Promise<Cluster> {
  await installPostgres(progress);
  const cluster = await Cluster.at(join(folder, 'postgres'), port);
  await cluster.start();
  return cluster;
}

async function link(data: string, links: readonly (readonly [string, string])[]): Promise<void> {
  const waiting = [...links];
  const some = async (): Promise<void> => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      await ask(data, 'link', { first: one[0], second: one[1], accept: ['no-archive'] });
    }
  };
  await Promise.all(Array.from({ length: 8 }, some));
}
