import type { Database } from '../../db.ts';
import type { Networks } from '../../rooms/networks.ts';
import type { EndpointRow } from '../../rooms/room.store.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import { backlogs } from '../trace.store.ts';
import type { Line } from '../writing/append.ts';
import type { Writer } from '../writing/writer.ts';
import { Backlog, type Behind } from './count.ts';
import type { Courier } from './courier.ts';
import { Lane, type LaneParts } from './lane.ts';

export interface LanesParts {
  readonly db: Database;
  readonly tenant: number;
  readonly networks: Networks;
  readonly courier: Courier;
  readonly writer: Writer;
}

const AGAIN_MS = 1000;

/** The lanes of all endpoints that have something to get, and who wakes them. An endpoint that has everything needs none. */
export class Lanes {
  private readonly rooms: Rooms;
  private readonly parts: LanesParts & LaneParts;
  private readonly lanes = new Map<number, Lane>();
  private readonly backlog = new Backlog();
  /** Which endpoints have something to get is being looked up: so many times. */
  private looks = 0;
  private stopped = false;

  constructor(rooms: Rooms, parts: LanesParts) {
    this.rooms = rooms;
    this.parts = { ...parts, backlog: this.backlog };
    parts.networks.watch((name, state) => state === 'up' && this.reached(name));
  }

  /** Lines that wait to be delivered, over all endpoints. */
  get waiting(): number {
    return this.backlog.lines;
  }

  /** Makes a lane for each endpoint that the table has lines for. */
  async load(): Promise<void> {
    for (const { endpoint, waiting } of await backlogs(this.parts.db, this.parts.tenant)) {
      const at = this.rooms.endpoint(endpoint);
      if (at && waiting > 0 && !this.lanes.has(endpoint)) this.make(at).start(waiting);
    }
  }

  /** The table may have lines for it. */
  start(at: EndpointRow): void {
    if (!this.lanes.has(at.id)) this.make(at).start();
  }

  /** It has been entered. */
  entered(at: EndpointRow): void {
    this.lanes.get(at.id)?.ring();
  }

  private reached(network: string): void {
    for (const lane of this.lanes.values()) if (lane.at.network === network) lane.ring();
  }

  async stop(at: EndpointRow, ms: number): Promise<void> {
    const lane = this.lanes.get(at.id);
    this.lanes.delete(at.id);
    await lane?.stop(ms);
  }

  /** Committed lines, in order, to the lanes of their rooms. */
  wake(lines: readonly Line[]): void {
    const byRoom = Map.groupBy(lines, (line) => line.room);
    for (const [room, some] of byRoom) {
      for (const at of this.rooms.in(room)) this.lane(at)?.wake(some);
    }
  }

  /** A commit was not answered: nobody knows what is in the table. */
  lookAgain(): void {
    for (const lane of this.lanes.values()) lane.lookAgain();
    void this.look();
  }

  /** Lanes that have nothing to do are given up: the endpoint remembers how far it was. */
  rest(): void {
    for (const [id, lane] of this.lanes) {
      const cursor = lane.restsAt;
      if (cursor === undefined) continue;
      lane.at.cursor = cursor;
      this.lanes.delete(id);
    }
  }

  /** Resolves true when everything that the endpoint was still to get has ended, false after `ms`. */
  async drained(at: EndpointRow, ms: number): Promise<boolean> {
    const until = Date.now() + ms;
    while (!(this.lanes.get(at.id)?.isIdle ?? true)) {
      if (Date.now() > until) return false;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return true;
  }

  /** Undefined: only the table knows. */
  behindBy(at: EndpointRow): Behind | undefined {
    const lane = this.lanes.get(at.id);
    if (lane) return lane.behindBy;
    return this.looks > 0 ? undefined : { waiting: 0, oldest: undefined };
  }

  /** Takes nothing more, lets what is open end, writes the cursors. */
  async stopAll(ms: number): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.lanes.values()].map((lane) => lane.stop(ms)));
    this.lanes.clear();
    await this.parts.writer.flush();
  }

  /** Made on first use. One that is still joining is given its lane, and all that has come since, when it is active. */
  private lane(at: EndpointRow): Lane | undefined {
    const lane = this.lanes.get(at.id);
    if (lane || at.state === 'joining' || this.stopped) return lane;
    const made = this.make(at);
    if (this.looks > 0) made.start();
    return made;
  }

  private make(at: EndpointRow): Lane {
    const lane = new Lane(at, this.parts);
    this.lanes.set(at.id, lane);
    return lane;
  }

  private async look(): Promise<void> {
    this.looks += 1;
    for (let isDone = false; !isDone && !this.stopped; ) {
      isDone = await this.load().then(
        () => true,
        () => new Promise<false>((resolve) => setTimeout(resolve, AGAIN_MS, false)),
      );
    }
    this.looks -= 1;
  }
}
