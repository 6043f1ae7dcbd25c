import type { Database } from '../db.ts';
import { Seldom } from '../ops/seldom.ts';
import type { Networks } from '../rooms/networks.ts';
import type { EndpointRow } from '../rooms/room.store.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { Lanes } from '../timeline/lanes/lanes.ts';
import { type Backlog, backlogs } from '../timeline/trace.store.ts';

/** What an endpoint that is not entered waits for: its network, our entering and catching up, or that the place lets us in. */
export type WaitsFor = 'network' | 'entering' | 'admission';

/** How one endpoint stands now. */
export interface Standing {
  readonly at: EndpointRow;
  /** Absent: it was entered and has been caught up with. */
  readonly waitsFor?: WaitsFor;
  /** Lines that it still has to get. */
  readonly waiting: number;
  /** Age of the oldest of them. */
  readonly lagSeconds: number;
}

export interface StandingParts {
  readonly db: Database;
  readonly tenant: number;
  readonly networks: Networks;
  readonly rooms: Rooms;
  readonly lanes: Lanes;
}

/** How every endpoint stands: from memory as far as that knows, the rest from the table. */
export class Standings {
  private readonly parts: StandingParts;
  private readonly table: Seldom<Map<number, Backlog>>;

  constructor(parts: StandingParts) {
    this.parts = parts;
    this.table = new Seldom(() => this.read(), { ms: 5000, patienceMs: 1000 });
  }

  async all(): Promise<Standing[]> {
    const { lanes, rooms } = this.parts;
    const all = [...rooms.all()];
    const read = all.some((at) => !lanes.behindBy(at)) ? await this.table.get() : undefined;
    return all.map((at) => {
      const held = lanes.behindBy(at);
      const kept = held ? undefined : read?.get(at.id);
      const oldest = held?.oldest ?? kept?.oldest?.getTime();
      const waitsFor = this.waitsFor(at);
      return {
        at,
        ...(waitsFor ? { waitsFor } : {}),
        waiting: held?.waiting ?? kept?.waiting ?? 0,
        lagSeconds: oldest === undefined ? 0 : Math.max(0, (Date.now() - oldest) / 1000),
      };
    });
  }

  private waitsFor(at: EndpointRow): WaitsFor | undefined {
    if (at.isEntered) return undefined;
    if (!this.parts.networks.isUp(at.network)) return 'network';
    return at.trouble ? 'admission' : 'entering';
  }

  private async read(): Promise<Map<number, Backlog>> {
    const { db, lanes, rooms, tenant } = this.parts;
    const unknown = [...rooms.all()].filter((at) => !lanes.behindBy(at)).map((at) => at.id);
    return new Map((await backlogs(db, tenant, unknown)).map((one) => [one.endpoint, one]));
  }
}
