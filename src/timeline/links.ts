import type { Address } from '../cpim/address.ts';
import { type Reason, reason } from '../cpim/reasons.ts';
import type { Database } from '../db.ts';
import type { Consent, EndpointSettings, Log, Neighbour, Wish } from '../networks/network.ts';
import type { Networks } from '../rooms/networks.ts';
import {
  activate,
  bury,
  createEndpoint,
  createRoom,
  drain,
  type EndpointRow,
  endpointByAddress,
  livingEndpoints,
  newestId,
  readdress,
} from '../rooms/room.store.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { Lanes } from './lanes/lanes.ts';

const DRAIN_MS = 30_000;
const RETRY_MS = 30_000;
/** Endpoints of one network that are entered at the same time: what comes in meanwhile is not to wait behind all of them. */
const AT_ONCE = 50;

/** A place that is to become, or is, an endpoint. */
export interface Place {
  readonly network: string;
  readonly address: Address;
}

/** A link that cannot be made, with the reason and, in its text, the remedy. */
export class LinkRefused extends Error {
  readonly why: Reason;
  /** It can, if this is accepted. */
  readonly unless: Consent | undefined;
  constructor(why: Reason, unless?: Consent) {
    super(why.text ?? why.code);
    this.why = why;
    this.unless = unless;
  }
}

/** How a link is to be. */
export interface LinkTerms {
  readonly settings: EndpointSettings;
  /** What it is made in spite of. */
  readonly accept: readonly Consent[];
}

export interface LinksParts {
  readonly db: Database;
  readonly tenant: number;
  readonly rooms: Rooms;
  readonly networks: Networks;
  readonly lanes: Lanes;
  readonly log: Log;
}

/** Which endpoints form one room: made, cut, and taken up again at every start. */
export class Links {
  private readonly parts: LinksParts;
  private stopped = false;

  constructor(parts: LinksParts) {
    this.parts = parts;
  }

  /** Reads what there is; nothing is connected yet. */
  async load(): Promise<void> {
    for (const at of await livingEndpoints(this.parts.db, this.parts.tenant)) {
      if (at.state === 'joining') await bury(this.parts.db, at, 'the link was not finished');
      else this.parts.rooms.add(at);
    }
    await this.parts.lanes.load();
  }

  /** Enters every endpoint again, as often as it takes: the newest rooms first, so many at once on each network. */
  resume(): void {
    for (const all of Map.groupBy(this.parts.rooms.all(), ({ network }) => network).values()) {
      const waiting = all.values();
      const some = async (): Promise<void> => {
        for (const at of waiting) await this.resumeOne(at);
      };
      for (let n = 0; n < AT_ONCE; n += 1) void some();
    }
  }

  /** A direct chat has been made. */
  adopt(endpoints: readonly EndpointRow[]): void {
    for (const at of endpoints) this.parts.rooms.add(at);
    for (const at of endpoints) void this.resumeOne(at);
  }

  /** An endpoint that we were thrown out of: entered again when that is possible. Its lane holds meanwhile. A direct chat has ended. */
  lost(at: EndpointRow): void {
    if (at.settings.direct) return void this.end(at);
    const wasEntered = at.isEntered;
    at.isEntered = false;
    if (!wasEntered || at.state !== 'active') return;
    setTimeout(() => void this.resumeOne(at), RETRY_MS).unref();
  }

  /** No further tries. */
  stop(): void {
    this.stopped = true;
  }

  /** Makes the two places one room. Returns what the people who asked should know. */
  async link(places: readonly [Place, Place], { settings, accept }: LinkTerms): Promise<{ room: number; warnings: string[] }> {
    const { db, tenant } = this.parts;
    const [first, second] = [await this.find(places[0]), await this.find(places[1])];
    if (first && second) {
      const text =
        first.room === second.room
          ? 'these two are linked already'
          : 'both are in links of their own, and linking them would close a circle: unlink one of them first';
      throw new LinkRefused(reason('already-linked', text));
    }
    const room = first?.room ?? second?.room ?? (await createRoom(db, tenant, 'group'));
    const fresh: EndpointRow[] = [];
    const warnings: string[] = [];
    try {
      for (const place of places) {
        if (await this.find(place)) continue;
        fresh.push(await this.create(place, room, settings));
      }
      for (const at of fresh) warnings.push(...(await this.enter(at, { beside: this.beside(at), accept })));
    } catch (error) {
      for (const at of fresh) await this.abandon(at);
      throw error;
    }
    for (const at of fresh) await this.activate(at);
    this.introduce(room);
    return { room, warnings };
  }

  /** Cuts an endpoint off: what was said before is still delivered, then ghosts and listener leave. A link of one is no link. */
  async unlink(place: Place): Promise<EndpointRow[]> {
    const at = await this.find(place);
    if (at?.state !== 'active') throw new LinkRefused(reason('unknown-target', `${place.address.native} is not linked`));
    const others = this.parts.rooms.in(at.room).filter((other) => other.id !== at.id);
    const leaving = others.length === 1 ? [at, ...others] : [at];
    for (const one of leaving) {
      one.untilSeq = await drain(this.parts.db, one);
      one.state = 'draining';
    }
    await Promise.all(leaving.map((one) => this.leave(one)));
    return leaving;
  }

  /** By its canonical address or an alias. */
  private async find(place: Place): Promise<EndpointRow | undefined> {
    const { db, tenant, rooms } = this.parts;
    const id = await endpointByAddress(db, tenant, place.network, place.address.native);
    return id === undefined ? undefined : rooms.endpoint(id);
  }

  private async create(place: Place, room: number, settings: EndpointSettings): Promise<EndpointRow> {
    const { db, tenant, networks, rooms } = this.parts;
    const { id: networkId } = networks.get(place.network);
    try {
      const at = await createEndpoint(db, { tenant, room, networkId, network: place.network, address: place.address, settings });
      rooms.add(at);
      return at;
    } catch (error) {
      throw taken(error, place.address.native);
    }
  }

  private async enter(at: EndpointRow, wish: Wish): Promise<readonly string[]> {
    const { network } = this.parts.networks.get(at.network);
    const result = await network.attach(at, undefined, wish);
    if (result.kind === 'refused') throw new LinkRefused(result.why, result.unless);
    at.isEntered = true;
    at.trouble = result.trouble;
    at.startMarker = result.marker;
    if (result.address && result.address.native !== at.address.native) {
      try {
        await readdress(this.parts.db, at, result.address);
      } catch (error) {
        throw taken(error, result.address.native);
      }
      at.address = result.address;
    }
    return result.warnings;
  }

  private beside(at: EndpointRow): Neighbour[] {
    const others = this.parts.rooms.in(at.room).filter((other) => other.id !== at.id);
    return others.map(({ network, address }) => {
      const { protocol } = this.parts.networks.get(network);
      return { network, protocol: protocol.name, address };
    });
  }

  /** Each endpoint of a room is told of the others, after one came or went. */
  private introduce(room: number): void {
    for (const at of this.parts.rooms.in(room)) {
      if (at.state !== 'active') continue;
      const { network } = this.parts.networks.get(at.network);
      const told = network.beside?.(at, this.beside(at));
      told?.catch((error: unknown) => {
        this.parts.log.warn('an endpoint could not be told of the others', { endpoint: at.id, reason: String(error) });
      });
    }
  }

  private async activate(at: EndpointRow): Promise<void> {
    await activate(this.parts.db, at, at.startMarker);
    at.state = 'active';
    this.parts.lanes.start(at);
  }

  private async abandon(at: EndpointRow): Promise<void> {
    await this.exit(at);
    this.parts.rooms.remove(at);
    await bury(this.parts.db, at, 'the link was refused');
  }

  private async leave(at: EndpointRow): Promise<void> {
    const { db, lanes, log, rooms } = this.parts;
    if (!(await lanes.drained(at, DRAIN_MS)))
      log.warn('not everything could be delivered before the link was cut', { endpoint: at.id });
    await lanes.stop(at, 1000);
    await this.exit(at);
    rooms.remove(at);
    await bury(db, at, 'unlinked');
    this.introduce(at.room);
  }

  private async exit(at: EndpointRow): Promise<void> {
    if (!at.isEntered) return;
    at.isEntered = false;
    await this.parts.networks.get(at.network).network.detach(at);
  }

  /** Who writes again begins a new one. */
  private async end(at: EndpointRow): Promise<void> {
    if (at.state !== 'active') return;
    await this.unlink(at).catch((error: unknown) => {
      this.parts.log.error('a direct chat could not be ended', { endpoint: at.id, reason: String(error) });
    });
  }

  /** One try, as soon as the network is up; the next ones by themselves. A direct chat that cannot be entered has ended. */
  private async resumeOne(at: EndpointRow): Promise<void> {
    await this.parts.networks.up(at.network);
    if (this.stopped || at.state === 'gone') return;
    if (!(await this.reenter(at))) {
      if (at.settings.direct && at.trouble && !isPassing(at.trouble)) return void this.end(at);
      setTimeout(() => void this.resumeOne(at), RETRY_MS).unref();
      return;
    }
    if (this.stopped) return;
    at.isEntered = true;
    this.parts.lanes.entered(at);
    if (at.state === 'draining') void this.leave(at);
  }

  private async reenter(at: EndpointRow): Promise<boolean> {
    const { log, networks } = this.parts;
    try {
      const result = await networks.get(at.network).network.attach(at, await this.marker(at));
      at.trouble = result.kind === 'refused' ? result.why : result.trouble;
      if (result.kind === 'attached') return true;
      const { code, text } = result.why;
      log.warn('an endpoint could not be entered, trying again', { endpoint: at.id, why: code, text });
    } catch (error) {
      log.error('entering an endpoint failed, trying again', { endpoint: at.id, reason: String(error) });
    }
    return false;
  }

  private async marker(at: EndpointRow): Promise<string | undefined> {
    return (await newestId(this.parts.db, at)) ?? at.startMarker;
  }
}

/** It may be another time, without anybody changing anything. */
function isPassing({ code }: Reason): boolean {
  return ['unreachable', 'timeout', 'overload', 'fault', 'internal'].includes(code);
}

/** A unique violation says that somebody else has this address; anything else is what it is. */
function taken(error: unknown, native: string): unknown {
  const code = (error as { code?: unknown }).code;
  return code === '23505' ? new LinkRefused(reason('already-linked', `${native} is linked already: unlink it first`)) : error;
}
