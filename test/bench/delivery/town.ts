import { join } from 'node:path';
import { ask } from '../../../src/admin/control.ts';
import { installPostgres, installProsody } from '../../lab/install.ts';
import { Cluster } from '../../lab/postgres.ts';
import type { Progress } from '../../lab/progress.ts';
import { Prosody } from '../../lab/prosody.ts';
import { Rialto } from '../../lab/rialto.ts';
import { settle } from '../../lab/settings.ts';
import { Child } from './child.ts';
import type { CrowdCommand } from './crowd.ts';
import type { SinkCommand } from './sink.ts';

export interface TownOptions {
  readonly folder: string;
  readonly rooms: number;
  /** Native speakers of the homeserver's side in each room: so many ghosts sit in each MUC. */
  readonly speakers: number;
  readonly archive: boolean;
  readonly database: 'postgres' | 'embedded';
  readonly latencyMs: number;
  /** A folder for what the bridge's CPU did. */
  readonly profile?: string | undefined;
  readonly progress: Progress;
}

/** A real Prosody with people, a sink in the place of a homeserver, and the bridge between them. */
export interface BenchTown {
  readonly sink: Child<SinkCommand>;
  readonly crowd: Child<CrowdCommand>;
  readonly pids: { readonly rialto: number; readonly prosody: number; readonly postgres: number };
  stop(): Promise<void>;
}

const MAX_CLIENTS = 50;

export async function startTown(options: TownOptions): Promise<BenchTown> {
  const { folder, rooms, speakers, archive, progress } = options;
  await installProsody(progress);
  const people = Math.min(rooms, MAX_CLIENTS);
  const first = await settle(folder, people, 'prosody');
  const sink = new Child<SinkCommand>('sink.ts');
  const crowd = new Child<CrowdCommand>('crowd.ts');
  const cluster = options.database === 'postgres' ? await startCluster(folder, first.ports.postgres, progress) : undefined;
  const domain = first.matrixDomain;
  const bridge = `http://127.0.0.1:${first.ports.rialto}`;
  const port = await sink.ask<number>({ do: 'listen', bridge, hsToken: first.hsToken, domain, latencyMs: options.latencyMs });
  await sink.ask({ do: 'rooms', count: rooms, speakers });
  const settings = { ...first, ports: { ...first.ports, synapse: port } };
  const muc = `rooms.${settings.xmppDomain}`;
  const prosody = new Prosody({
    folder: join(folder, 'prosody'),
    c2sPort: settings.ports.c2s,
    componentPort: settings.ports.component,
    domain: settings.xmppDomain,
    mucDomain: muc,
    peopleDomain: `people.${settings.xmppDomain}`,
    roomDomain: `bridged.${settings.xmppDomain}`,
    secret: settings.secret,
    history: 20,
  });
  const rialto = new Rialto(settings, { restart: false, database: cluster?.url, profile: options.profile });
  const stop = async (): Promise<void> => {
    crowd.stop();
    await rialto.stop();
    sink.stop();
    await prosody.stop();
    await cluster?.stop();
  };
  try {
    for (const { name, password } of settings.xmppUsers) prosody.addUser(name, password);
    await prosody.start();
    await rialto.start();
    const accounts = settings.xmppUsers.slice(0, people);
    await crowd.ask({ do: 'enter', port: settings.ports.c2s, domain: settings.xmppDomain, muc, accounts, rooms, archive });
    await progress.step(`linking ${rooms} rooms`, () => link(join(folder, 'rialto'), rooms, { muc, domain }));
  } catch (error) {
    await stop();
    throw error;
  }
  return { sink, crowd, stop, pids: { rialto: rialto.pid, prosody: prosody.pid, postgres: cluster?.pid ?? 0 } };
}

async function startCluster(folder: string, port: number, progress: Progress): Promise<Cluster> {
  await installPostgres(progress);
  const cluster = await Cluster.at(join(folder, 'postgres'), port);
  await cluster.start();
  return cluster;
}

async function link(data: string, rooms: number, at: { readonly muc: string; readonly domain: string }): Promise<void> {
  let next = 0;
  const some = async (): Promise<void> => {
    for (let room = next++; room < rooms; room = next++) {
      await ask(data, 'link', { first: `b${room}@${at.muc}`, second: `#b${room}:${at.domain}`, accept: ['no-archive'] });
    }
  };
  await Promise.all(Array.from({ length: 8 }, some));
}
