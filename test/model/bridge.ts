import { z } from 'zod';
import type { Database } from '../../src/db.ts';
import { Ghosts } from '../../src/identity/ghosts.ts';
import { Seats } from '../../src/identity/seats.ts';
import type { Log, Protocol } from '../../src/networks/network.ts';
import { makeMetrics } from '../../src/ops/metrics.ts';
import { Numbers } from '../../src/ops/numbers.ts';
import { Networks } from '../../src/rooms/networks.ts';
import { Rooms } from '../../src/rooms/rooms.ts';
import { Lease } from '../../src/tenancy/lease.ts';
import { BacklogQuota } from '../../src/tenancy/quota.ts';
import { type Core, CoreHost } from '../../src/timeline/host.ts';
import type { Keys, Salts } from '../../src/timeline/key.ts';
import { Courier, type CourierParts } from '../../src/timeline/lanes/courier.ts';
import { Lanes } from '../../src/timeline/lanes/lanes.ts';
import { Links } from '../../src/timeline/links.ts';
import { Meetings } from '../../src/timeline/meetings.ts';
import { Teller } from '../../src/timeline/teller.ts';
import type { Line } from '../../src/timeline/writing/append.ts';
import { Writer } from '../../src/timeline/writing/writer.ts';
import { type Around, ModelNetwork } from './network.ts';
import type { Server } from './place.ts';
import type { Owner } from './scheduler.ts';

export const TENANT = 1;
const INSTALL = 'modelone';
/** They only grow; nothing here looks at them. */
const metrics = makeMetrics(new Numbers(), []);

/** What may be replaced by something that is broken on purpose. */
export interface Ground {
  readonly db: Database;
  readonly keys: Keys;
  readonly salts: Salts;
  connect(...given: ConstructorParameters<typeof ModelNetwork>): ModelNetwork;
}

export interface Surroundings extends Around {
  readonly servers: readonly Server[];
  /** A process that has lost its lease ends. */
  lost(): void;
  stored(lines: readonly Line[]): void;
}

/** The product in one process: joined as `app.module.ts` joins it, as far as deliveries depend on it. */
export class ModelBridge {
  readonly owner: Owner;
  readonly links: Links;
  readonly networks = new Map<string, ModelNetwork>();
  private readonly rooms = new Rooms();
  private readonly states = new Networks();
  private readonly around: Surroundings;
  private readonly lanes: Lanes;
  private readonly writer: Writer;
  private readonly teller: Teller;
  private readonly lease: Lease;
  private timer: NodeJS.Timeout | undefined;
  /** It has the lease. */
  isStarted = false;
  private isRunning = false;

  constructor(around: Surroundings, ground: Ground) {
    this.around = around;
    this.owner = around.owner;
    const { db, keys } = ground;
    const { rooms, states: networks } = this;
    const ids = around.servers.map((_server, index) => index + 1);
    const holder = `elsewhere/${around.owner.name}`;
    const log = logOf(around);
    const seats = new Seats(db, TENANT);
    const shared = { db, tenant: TENANT, rooms, networks, log, metrics };
    const ghosts = new Ghosts(db, TENANT, (id) => around.servers[id - 1]?.name ?? '');
    const teller = new Teller(shared);
    this.teller = teller;
    const tell: CourierParts['tell'] = (line, status) => void teller.tell(line, status);
    const isOwner = (): boolean => this.lease.isSure;
    const courier = new Courier({ ...shared, ghosts, seats, keys, install: INSTALL, expiryMs: 86_400_000, isOwner, tell });
    const stored = (lines: readonly Line[]): void => {
      around.stored(lines);
      this.lanes.wake(lines);
    };
    const owed = (): void => void teller.pay();
    const unsure = (): void => this.lanes.lookAgain();
    this.writer = new Writer({ ...shared, keys, install: INSTALL, holder, networks: () => ids, stored, unsure, owed });
    this.lanes = new Lanes(rooms, { ...shared, courier, writer: this.writer });
    const http = { serve: () => () => {} } as unknown as Core['http'];
    // Never over: refusals by quota have a test of their own.
    const quota = new BacklogQuota({ lines: 1_000_000, waiting: () => 0, log });
    // Nobody writes to a ghost here.
    const meetings = new Meetings({ ...shared, isAllowed: false, made: () => {} });
    const gone: Core['gone'] = (at) => this.links.lost(at);
    const core: Core = { ...shared, install: INSTALL, writer: this.writer, quota, keys, seats, http, meetings, isOwner, gone };
    around.servers.forEach((server, index) => {
      const host = new CoreHost(core, server.name, index + 1);
      const network = ground.connect(server, host, around);
      this.networks.set(server.name, network);
      networks.add({ id: index + 1, name: server.name, protocol: protocolOf(server.name), network });
    });
    networks.watch((_name, state) => state === 'up' && teller.pay());
    this.links = new Links({ ...shared, lanes: this.lanes });
    this.lease = new Lease(db, { tenant: TENANT, networks: ids, holder }, log);
  }

  async start(): Promise<void> {
    await this.lease.take(() => this.around.lost(), 600_000);
    this.isStarted = true;
    await this.links.load();
    for (const network of this.networks.values()) await network.start();
    this.links.resume();
    this.timer = setInterval(() => {
      this.lanes.rest();
      void this.writer.flush();
      this.teller.payAgain();
    }, 5000);
    this.isRunning = true;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.links.stop();
    await this.lanes.stopAll(8000);
    for (const network of this.networks.values()) await network.stop();
    await this.writer.idle();
    await this.lease.release();
  }

  /** Every endpoint is entered, and nothing waits, as far as is known in memory. */
  get isIdle(): boolean {
    if (!this.isRunning) return false;
    const lanes = [...this.rooms.all()].every((at) => at.isEntered && this.lanes.behindBy(at)?.waiting === 0);
    return lanes && [...this.networks.values()].every((network) => network.isIdle);
  }

  /** What every lane still has in hand, for people. */
  get waiting(): string {
    return [...this.rooms.all()]
      .map((at) => `${at.address.native}: ${at.isEntered ? (this.lanes.behindBy(at)?.waiting ?? 'behind') : 'not entered'}`)
      .join(', ');
  }
}

function protocolOf(name: string): Protocol {
  const refuse = (): never => {
    throw new Error('the model does not ask for this');
  };
  return { name, config: z.unknown(), parse: refuse, snippets: refuse, check: refuse, connect: refuse };
}

function logOf({ scheduler }: Around): Log {
  const say = (message: string, fields?: Record<string, unknown>): void => {
    if (scheduler.trace) scheduler.remark(`log: ${message} ${JSON.stringify(fields ?? {})}`);
  };
  return { debug: () => {}, info: () => {}, warn: say, error: say };
}
