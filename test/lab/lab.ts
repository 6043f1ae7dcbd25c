import { join } from 'node:path';
import { installPostgres, installSynapse } from './install.ts';
import { MatrixPerson } from './matrix-person.ts';
import { Cluster } from './postgres.ts';
import type { Progress } from './progress.ts';
import { Rialto, type RialtoOptions } from './rialto.ts';
import { type Settings, settle } from './settings.ts';
import { Synapse } from './synapse.ts';
import { XmppPerson } from './xmpp-person.ts';
import { installXmpp, makeXmppServer, type XmppKind, type XmppServer } from './xmpp-server.ts';

export const engines = ['embedded', 'postgres'] as const;
export type Engine = (typeof engines)[number];

/** How many accounts of each side have a client here; the others are for whoever joins in from outside. */
const SPEAKERS = 2;

export interface LabOptions extends Omit<RialtoOptions, 'database'> {
  readonly folder: string;
  /** Default: prosody. */
  readonly xmpp?: XmppKind | undefined;
  /** What the bridge keeps its timelines in. Default: embedded. */
  readonly db?: Engine | undefined;
  readonly users: number;
  readonly rooms: number;
  readonly progress: Progress;
}

/** A MUC and a Matrix room that are linked. */
export interface Pair {
  readonly xmpp: string;
  readonly matrix: string;
  readonly alias: string;
}

/** Real servers, the bridge between them, and people with real clients. */
export interface Lab {
  readonly settings: Settings;
  readonly server: XmppServer;
  readonly synapse: Synapse;
  readonly rialto: Rialto;
  /** The Postgres of the bridge; undefined where its database is the embedded one. */
  readonly postgres: Cluster | undefined;
  readonly xmpp: readonly XmppPerson[];
  readonly matrix: readonly MatrixPerson[];
  readonly pairs: readonly Pair[];
  /** A further pair of rooms with everybody in them, linked unless told otherwise. */
  pair(name: string, options?: { readonly link?: boolean; readonly seats?: 'speak' | 'all' }): Promise<Pair>;
  stop(): Promise<void>;
}

export async function startLab(options: LabOptions): Promise<Lab> {
  const { progress, folder, users, rooms } = options;
  const kind = options.xmpp ?? 'prosody';
  await installXmpp(kind, progress);
  const python = await installSynapse(progress);
  const settings = await settle(folder, users, kind);
  const postgres = options.db === 'postgres' ? await startPostgres(settings, progress) : undefined;
  const { server, synapse, rialto } = await servers(settings, python, { ...options, database: postgres?.url });
  const stop = async (): Promise<void> => {
    await rialto.stop();
    await Promise.all([server.stop(), synapse.stop(), postgres?.stop()]);
  };
  try {
    await progress.step(`starting ${kind === 'prosody' ? 'Prosody' : kind} and Synapse`, async () => {
      for (const { name, password } of settings.xmppUsers) server.addUser(name, password);
      await Promise.all([server.start(), synapse.start()]);
      for (const { name, password } of settings.matrixUsers) await synapse.addUser(name, password);
    });
    const database = postgres ? 'on Postgres' : 'on its embedded database';
    await progress.step(`starting Rialto ${database}`, () => rialto.start());
    const people = await progress.step('logging everybody in', () => login(settings, synapse));
    const lab = new RunningLab({ settings, server, synapse, rialto, postgres, ...people }, stop);
    await progress.step(`making and linking ${rooms === 1 ? 'a room on each side' : `${rooms} rooms on each side`}`, () =>
      lab.makePairs(rooms),
    );
    return lab;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startPostgres({ folder, ports }: Settings, progress: Progress): Promise<Cluster> {
  await installPostgres(progress);
  return progress.step('starting Postgres', async () => {
    const cluster = await Cluster.at(join(folder, 'postgres'), ports.postgres);
    await cluster.start();
    return cluster;
  });
}

async function servers(
  settings: Settings,
  python: string,
  options: RialtoOptions,
): Promise<{ server: XmppServer; synapse: Synapse; rialto: Rialto }> {
  const { folder, ports, secret, asToken, hsToken, xmppDomain, matrixDomain } = settings;
  const domains = {
    c2sPort: ports.c2s,
    componentPort: ports.component,
    domain: xmppDomain,
    mucDomain: `rooms.${xmppDomain}`,
    peopleDomain: `people.${xmppDomain}`,
    roomDomain: `bridged.${xmppDomain}`,
    secret,
  };
  const server = await makeXmppServer(settings.xmppServer, domains, folder);
  const bridge = `http://127.0.0.1:${ports.rialto}`;
  const synapse = new Synapse({
    folder: join(folder, 'synapse'),
    python,
    port: ports.synapse,
    domain: matrixDomain,
    secret,
    bridge,
    asToken,
    hsToken,
  });
  return { server, synapse, rialto: new Rialto(settings, options) };
}

async function login(settings: Settings, synapse: Synapse): Promise<{ xmpp: XmppPerson[]; matrix: MatrixPerson[] }> {
  const { ports, xmppDomain, matrixDomain } = settings;
  const xmpp = Promise.all(
    settings.xmppUsers.slice(0, SPEAKERS).map((account) => XmppPerson.login({ ...account, port: ports.c2s, domain: xmppDomain })),
  );
  const matrix = Promise.all(
    settings.matrixUsers
      .slice(0, SPEAKERS)
      .map((account) => MatrixPerson.login({ ...account, url: synapse.url, domain: matrixDomain })),
  );
  return { xmpp: await xmpp, matrix: await matrix };
}

class RunningLab implements Lab {
  readonly settings: Settings;
  readonly server: XmppServer;
  readonly synapse: Synapse;
  readonly rialto: Rialto;
  readonly postgres: Cluster | undefined;
  readonly xmpp: readonly XmppPerson[];
  readonly matrix: readonly MatrixPerson[];
  readonly pairs: Pair[] = [];
  private readonly stopServers: () => Promise<void>;

  constructor(
    parts: Pick<Lab, 'settings' | 'server' | 'synapse' | 'rialto' | 'postgres' | 'xmpp' | 'matrix'>,
    stopServers: () => Promise<void>,
  ) {
    this.settings = parts.settings;
    this.server = parts.server;
    this.synapse = parts.synapse;
    this.rialto = parts.rialto;
    this.postgres = parts.postgres;
    this.xmpp = parts.xmpp;
    this.matrix = parts.matrix;
    this.stopServers = stopServers;
  }

  async makePairs(count: number): Promise<void> {
    const names = Array.from({ length: count }, (_, n) => (n === 0 ? 'garden' : `garden${n + 1}`));
    for (const name of names) this.pairs.push(await this.pair(name));
  }

  async pair(
    name: string,
    { link = true, seats = 'speak' }: { readonly link?: boolean; readonly seats?: 'speak' | 'all' } = {},
  ): Promise<Pair> {
    const { xmppDomain, matrixDomain } = this.settings;
    const muc = `${name}@rooms.${xmppDomain}`;
    const alias = `#${name}:${matrixDomain}`;
    const [owner, ...guests] = this.xmpp;
    const [creator, ...others] = this.matrix;
    if (!owner || !creator) throw new Error('the lab needs somebody on each side');
    await owner.join(muc);
    await owner.configure(muc, {
      'muc#roomconfig_persistentroom': '1',
      'muc#roomconfig_publicroom': '1',
      'muc#roomconfig_enablearchiving': '1',
    });
    for (const guest of guests) await guest.join(muc);
    const room = (await creator.resolve(alias)) ?? (await creator.createRoom(name, [`@rialto:${matrixDomain}`]));
    await Promise.all([creator, ...others].map((one) => one.join(room)));
    const pair: Pair = { xmpp: muc, matrix: room, alias };
    if (link && !(await this.isLinked(pair))) await this.rialto.ask('link', muc, alias, '--seats', seats);
    return pair;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.xmpp, ...this.matrix].map((person) => person.close()));
    await this.stopServers();
  }

  private async isLinked(pair: Pair): Promise<boolean> {
    const { links } = (await this.rialto.ask('links')) as { links: { endpoints: { address: string }[] }[] };
    const addresses = links.map((one) => one.endpoints.map((at) => at.address));
    return addresses.some((one) => one.includes(pair.xmpp) && one.includes(pair.matrix));
  }
}
