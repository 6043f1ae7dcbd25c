import { join } from 'node:path';
import { Control } from './admin/control.ts';
import type { Behind } from './admin/doors.ts';
import { HttpRoutes } from './admin/http-routes.ts';
import { Measurement } from './admin/measurement.ts';
import { Readiness } from './admin/readiness.ts';
import { Standings } from './admin/standing.ts';
import { addBackupCommand } from './commands/backup.ts';
import { addLinkCommands } from './commands/link.ts';
import { addLogLevel } from './commands/log-level.ts';
import { addParked } from './commands/parked.ts';
import { CommandBook } from './commands/registry.ts';
import { addStatus } from './commands/status.ts';
import { addTrace } from './commands/trace.ts';
import { addWhois } from './commands/whois.ts';
import type { Config, NetworkConfig } from './config.ts';
import { metered } from './database/metered.ts';
import { Refusals } from './database/refusals.ts';
import { type Database, openDatabase } from './db.ts';
import { addCheck } from './doctor/service.ts';
import { Ghosts } from './identity/ghosts.ts';
import { Seats } from './identity/seats.ts';
import type { Protocol } from './networks/network.ts';
import { protocols } from './networks/registry.ts';
import { makeGauges } from './ops/gauges.ts';
import type { Logger } from './ops/log.ts';
import { countLines, expectOf, type Metrics, makeMetrics } from './ops/metrics.ts';
import { Numbers } from './ops/numbers.ts';
import { version } from './ops/version.ts';
import { Networks } from './rooms/networks.ts';
import type { EndpointRow } from './rooms/room.store.ts';
import { Rooms } from './rooms/rooms.ts';
import { loadInstall, loadNetwork, loadTenant } from './tenancy/install.store.ts';
import { Lease, newHolder } from './tenancy/lease.ts';
import { BacklogQuota } from './tenancy/quota.ts';
import { type Core, CoreHost } from './timeline/host.ts';
import { Keys } from './timeline/key.ts';
import { Courier, type CourierParts } from './timeline/lanes/courier.ts';
import { Lanes } from './timeline/lanes/lanes.ts';
import { Links } from './timeline/links.ts';
import { Meetings } from './timeline/meetings.ts';
import { Idlers } from './timeline/retention/idlers.ts';
import { restFor, Trimmer } from './timeline/retention/trimmer.ts';
import { Teller } from './timeline/teller.ts';
import { Writer, type WriterParts } from './timeline/writing/writer.ts';

const STOP_MS = 8000;
const CURSOR_MS = 5000;

/** One running bridge: everything that is built, joined in one place. */
export interface Bridge extends Behind {
  /** Lets idle ghosts leave. */
  readonly idlers: Pick<Idlers, 'sweep'>;
  start(lost: () => void): Promise<void>;
  stop(): Promise<void>;
}

/** What a test puts in the place of the real thing. */
export interface Instead {
  readonly protocols: readonly Protocol[];
  readonly database: Database;
}

/** Opens the database and joins the parts; nothing is connected before `start`. */
export async function build(config: Config, log: Logger, instead?: Instead): Promise<Bridge> {
  const { url } = config.database;
  const known = instead?.protocols ?? protocols;
  const numbers = new Numbers();
  const metrics = makeMetrics(numbers, known);
  const opened =
    instead?.database ?? (await openDatabase({ ...(url ? { url } : { folder: join(config.data, 'database') }), log }));
  const refusals = new Refusals();
  const db = metered(opened, metrics, refusals);
  try {
    return await assemble(config, { log, db, refusals, protocols: known, numbers, metrics });
  } catch (error) {
    await db.close();
    throw error;
  }
}

interface Ground {
  readonly log: Logger;
  readonly db: Database;
  readonly refusals: Refusals;
  readonly protocols: readonly Protocol[];
  readonly numbers: Numbers;
  readonly metrics: Metrics;
}

async function assemble(config: Config, { log, db, refusals, protocols, numbers, metrics }: Ground): Promise<Bridge> {
  const tenant = await loadTenant(db, 'default');
  const install = await loadInstall(db);
  const holder = newHolder();
  const keys = new Keys(install);
  const rooms = new Rooms();
  const networks = new Networks();
  const routes = new HttpRoutes();
  const seats = new Seats(db, tenant);
  const ids = new Map<number, string>();
  const ghosts = new Ghosts(db, tenant, (id) => ids.get(id) ?? '');
  const shared = { db, tenant, rooms, networks, log, metrics, isOwner: (): boolean => lease.isSure };
  const teller = new Teller(shared);
  const owed = (): void => void teller.pay();
  const expiryMs = config.delivery.expiryHours * 3_600_000;
  const tell: CourierParts['tell'] = (line, status) => void teller.tell(line, status);
  const courier = new Courier({ ...shared, ghosts, seats, keys, install: install.name, expiryMs, tell });
  const stored: WriterParts['stored'] = (lines) => lanes.wake(lines);
  const unsure = (): void => lanes.lookAgain();
  const held = (): number[] => [...ids.keys()];
  const writer = new Writer({ ...shared, keys, install: install.name, holder, networks: held, stored, unsure, owed });
  const lanes = new Lanes(rooms, { ...shared, courier, writer });
  const quota = new BacklogQuota({ lines: config.delivery.backlog, waiting: () => lanes.waiting, log });
  const meetings = new Meetings({ ...shared, isAllowed: config.directChats, made: (endpoints) => links.adopt(endpoints) });
  const gone = (at: EndpointRow): void => links.lost(at);
  const core: Core = { ...shared, quota, install: install.name, writer, keys, seats, http: routes, meetings, gone };
  for (const [name, part] of Object.entries(config.networks)) ids.set(await attach(core, protocols, name, part), name);
  networks.watch((_name, state) => state === 'up' && owed());
  const links = new Links({ ...shared, lanes });
  const control = new Control(commandBook({ config, ...shared, links, keys, writer }), config.data, log);
  const lease = new Lease(db, { tenant, networks: held(), holder }, log);
  const standings = new Standings({ ...shared, lanes });
  const measurement = new Measurement(makeGauges(numbers, protocols), { ...shared, standings });
  numbers.before(() => measurement.take());
  numbers.before(() => countLines(metrics, log));
  const idlers = new Idlers({ ...shared, seats, courier, links, keys, days: config.ghosts.idleDays });
  return new Assembly({
    idlers,
    trimmer: new Trimmer({ db, retention: config.retention, log, metrics, now: Date.now, rest: restFor }),
    db,
    networks,
    routes,
    readiness: new Readiness({ db, refusals, networks, standings }),
    numbers,
    writer,
    lanes,
    links,
    control,
    lease,
    teller,
  });
}

interface Commanded {
  readonly config: Config;
  readonly db: Database;
  readonly tenant: number;
  readonly networks: Networks;
  readonly rooms: Rooms;
  readonly links: Links;
  readonly keys: Keys;
  readonly writer: Writer;
  readonly log: Logger;
}

/** Everything that people can ask for. */
function commandBook(parts: Commanded): CommandBook {
  const book = new CommandBook();
  addLinkCommands(book, parts);
  addStatus(book, { version, ...parts });
  addWhois(book, parts);
  addTrace(book, parts);
  addParked(book, parts);
  addBackupCommand(book, parts);
  addCheck(book, parts);
  addLogLevel(book, parts.log);
  return book;
}

/** One configured network: its row, its host, its connection. */
async function attach(core: Core, known: readonly Protocol[], name: string, config: NetworkConfig): Promise<number> {
  const { protocol: kind, ...part } = config;
  const protocol = known.find((one) => one.name === kind);
  if (!protocol) throw new Error(`there is no protocol ${kind}`);
  expectOf(name, core.metrics);
  const id = await loadNetwork(core.db, core.tenant, name, kind);
  core.networks.add({ id, name, protocol, network: protocol.connect(part, new CoreHost(core, name, id)) });
  return id;
}

interface Parts {
  readonly db: Database;
  readonly networks: Networks;
  readonly routes: HttpRoutes;
  readonly readiness: Readiness;
  readonly numbers: Numbers;
  readonly writer: Writer;
  readonly lanes: Lanes;
  readonly links: Links;
  readonly control: Control;
  readonly lease: Lease;
  readonly trimmer: Trimmer;
  readonly idlers: Idlers;
  readonly teller: Teller;
}

/** Starts and stops the parts in the one order that loses nothing. */
class Assembly implements Bridge {
  readonly routes: HttpRoutes;
  readonly readiness: Readiness;
  readonly numbers: Numbers;
  readonly idlers: Idlers;
  private readonly parts: Parts;
  private timer: NodeJS.Timeout | undefined;

  constructor(parts: Parts) {
    this.parts = parts;
    this.routes = parts.routes;
    this.readiness = parts.readiness;
    this.numbers = parts.numbers;
    this.idlers = parts.idlers;
  }

  /** The lease first: nobody else may be connected when we connect. Rejects on a configuration that cannot work. */
  async start(lost: () => void): Promise<void> {
    const { control, idlers, lanes, lease, links, networks, teller, trimmer, writer } = this.parts;
    await lease.take(lost);
    await trimmer.start();
    await links.load();
    await Promise.all([...networks.all()].map(({ network }) => network.start()));
    links.resume();
    idlers.start();
    await control.start();
    this.timer = setInterval(() => {
      lanes.rest();
      void writer.flush();
      teller.payAgain();
    }, CURSOR_MS);
  }

  /** Takes no more, lets what is in hand end, writes where every lane stands. Members see nothing of it. */
  async stop(): Promise<void> {
    const { writer, control, db, lanes, lease, links, networks, trimmer, idlers } = this.parts;
    clearInterval(this.timer);
    links.stop();
    const trimmed = Promise.all([trimmer.stop(), idlers.stop()]);
    await control.stop();
    await lanes.stopAll(STOP_MS);
    await Promise.all([...networks.all()].map(({ network }) => network.stop()));
    await writer.idle();
    await trimmed;
    await lease.release();
    await db.close();
  }
}
