import type { Refusals } from '../database/refusals.ts';
import type { Database } from '../db.ts';
import { version } from '../ops/version.ts';
import type { NetworkState, Networks } from '../rooms/networks.ts';
import { shownPlace } from '../rooms/room.store.ts';
import type { Standing, Standings, WaitsFor } from './standing.ts';

/** How many rooms are described one by one: those that need somebody first. */
const DESCRIBED = 100;
/** The database answers within this, or is as good as away. */
const DATABASE_MS = 2000;

interface Progress {
  readonly endpoints: number;
  /** Entered and caught up with. */
  readonly entered: number;
  /** Lines that still have to be delivered there. */
  readonly waiting: number;
  /** Age of the oldest of them. */
  readonly lagSeconds: number;
}

/** One endpoint of a link. */
interface Described {
  readonly network: string;
  readonly address: string;
  readonly state: string;
  readonly entered: boolean;
  readonly waitsFor?: WaitsFor;
  readonly why?: string;
  readonly waiting: number;
  readonly lagSeconds: number;
}

/** What `/readyz` says. Ready: every network is up, every endpoint entered, and the database answers and stores. */
export interface Report {
  readonly ready: boolean;
  readonly version: string;
  readonly uptimeSeconds: number;
  /** `why`: it answers, and refuses to store: nothing is acknowledged meanwhile. */
  readonly database: { readonly engine: string; readonly answers: boolean; readonly stores: boolean; readonly why?: string };
  readonly networks: Readonly<
    Record<string, Progress & { readonly state: NetworkState; readonly since: string; readonly why?: string }>
  >;
  readonly links: Progress & { readonly rooms: number };
  /** Who waits for something first; `links.rooms` says how many there are. */
  readonly rooms: readonly { readonly room: number; readonly endpoints: readonly Described[] }[];
}

export interface ReadinessParts {
  readonly db: Database;
  readonly refusals: Refusals;
  readonly networks: Networks;
  readonly standings: Standings;
}

/** Whether the bridge can do its work, and what it waits for if not. */
export class Readiness {
  private readonly parts: ReadinessParts;

  constructor(parts: ReadinessParts) {
    this.parts = parts;
  }

  async report(): Promise<Report> {
    const [answers, all] = await Promise.all([this.answers(), this.parts.standings.all()]);
    const refused = this.parts.refusals.why();
    const networks = [...this.parts.networks.all()];
    const byNetwork = Map.groupBy(all, ({ at }) => at.network);
    const rooms = [...Map.groupBy(all, ({ at }) => at.room)].sort((a, b) => urgency(b[1]) - urgency(a[1]));
    const links = progress(all);
    return {
      ready:
        answers && refused === undefined && networks.every(({ state }) => state === 'up') && links.entered === links.endpoints,
      version,
      uptimeSeconds: Math.round(process.uptime()),
      database: {
        engine: this.parts.db.engine,
        answers,
        stores: answers && refused === undefined,
        ...(refused === undefined ? {} : { why: refused }),
      },
      networks: Object.fromEntries(
        networks.map(({ name, state, since, why }) => [
          name,
          {
            state,
            since: new Date(since).toISOString(),
            ...(why ? { why: why.text ?? why.code } : {}),
            ...progress(byNetwork.get(name) ?? []),
          },
        ]),
      ),
      links: { rooms: rooms.length, ...links },
      rooms: rooms.slice(0, DESCRIBED).map(([room, endpoints]) => ({ room, endpoints: endpoints.map(described) })),
    };
  }

  private async answers(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), DATABASE_MS)));
    const asked = this.parts.db.query('select 1').then(
      () => true,
      () => false,
    );
    const answers = await Promise.race([asked, late]);
    clearTimeout(timer);
    return answers;
  }
}

function progress(all: readonly Standing[]): Progress {
  return {
    endpoints: all.length,
    entered: all.filter(({ waitsFor }) => waitsFor === undefined).length,
    waiting: all.reduce((sum, one) => sum + one.waiting, 0),
    lagSeconds: Math.round(all.reduce((most, one) => Math.max(most, one.lagSeconds), 0)),
  };
}

/** What is not entered before what only lags. */
function urgency(room: readonly Standing[]): number {
  const lag = room.reduce((most, one) => Math.max(most, one.lagSeconds), 0);
  return room.some(({ waitsFor }) => waitsFor !== undefined) ? Number.MAX_SAFE_INTEGER : lag;
}

function described({ at, waitsFor, waiting, lagSeconds }: Standing): Described {
  return {
    network: at.network,
    address: shownPlace(at),
    state: at.state,
    entered: waitsFor === undefined,
    ...(waitsFor ? { waitsFor } : {}),
    ...(waitsFor && at.trouble ? { why: at.trouble.text ?? at.trouble.code } : {}),
    waiting,
    lagSeconds: Math.round(lagSeconds),
  };
}
