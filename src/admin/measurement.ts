import type { Database } from '../db.ts';
import type { Gauges } from '../ops/gauges.ts';
import { sideOf } from '../ops/metrics.ts';
import { Seldom } from '../ops/seldom.ts';
import { version } from '../ops/version.ts';
import type { Networks } from '../rooms/networks.ts';
import { type Counted, census, lastHeard } from './census.store.ts';
import type { Standing, Standings, WaitsFor } from './standing.ts';

export interface MeasurementParts {
  readonly db: Database;
  readonly tenant: number;
  readonly networks: Networks;
  readonly standings: Standings;
}

const networkStates = ['up', 'connecting', 'down'] as const;
const endpointStates = ['joining', 'active', 'draining'] as const;
const hourMs = 3_600_000;
/** As the established metric has them. */
const ages = { '1h': hourMs, '1d': 24 * hourMs, '7d': 7 * 24 * hourMs } as const;
const reasonsToWait: readonly WaitsFor[] = ['network', 'entering', 'admission'];

/** Sets the gauges when somebody looks. Costs the hot path nothing, and the tables at most a twentieth of the time. */
export class Measurement {
  private readonly gauges: Gauges;
  private readonly parts: MeasurementParts;
  private readonly census: Seldom<Counted[]>;
  /** What was said before we started, once. */
  private readonly earlier: Seldom<Map<number, number>>;

  constructor(gauges: Gauges, parts: MeasurementParts) {
    this.gauges = gauges;
    this.parts = parts;
    this.census = new Seldom(() => census(parts.db, parts.tenant), { ms: 15_000, patienceMs: 1000 });
    this.earlier = new Seldom(() => earlier(parts), { ms: Number.POSITIVE_INFINITY, patienceMs: 1000 });
    gauges.build.set({ version, node: process.version, database: parts.db.engine }, 1);
    gauges.appVersion.set({ version }, 1);
  }

  async take(): Promise<void> {
    const [all, counted, heard] = await Promise.all([this.parts.standings.all(), this.census.get(), this.earlier.get()]);
    const byNetwork = Map.groupBy(all, ({ at }) => at.network);
    this.networks();
    this.gauges.rooms.set(new Set(all.map(({ at }) => at.room)).size);
    for (const { name } of this.parts.networks.all()) this.links(name, byNetwork.get(name) ?? []);
    if (counted) this.people(counted);
    for (const [side, rooms] of this.gauges.sideRooms) {
      const names = [...this.parts.networks.all()].filter(({ protocol }) => sideOf(protocol) === side).map(({ name }) => name);
      const there = names.flatMap((name) => byNetwork.get(name) ?? []);
      rooms.set(there.length);
      const ghosts = (counted ?? []).filter(({ network, what }) => what === 'ghost' && names.includes(network));
      this.gauges.sideGhosts.get(side)?.set(ghosts.reduce((sum, { count }) => sum + count, 0));
      this.ages(side, there, heard ?? new Map());
    }
  }

  private networks(): void {
    const { since, state, up } = this.gauges;
    for (const one of this.parts.networks.all()) {
      const network = one.name;
      up.set({ network, protocol: one.protocol.name }, one.state === 'up' ? 1 : 0);
      since.set({ network }, one.since / 1000);
      for (const name of networkStates) state.set({ network, state: name }, one.state === name ? 1 : 0);
    }
  }

  private links(network: string, all: readonly Standing[]): void {
    const { endpoints, entered, lag, lanesWaiting, linesWaiting, notEntered } = this.gauges;
    const count = (holds: (one: Standing) => boolean): number => all.filter(holds).length;
    for (const state of endpointStates)
      endpoints.set(
        { network, state },
        count(({ at }) => at.state === state),
      );
    entered.set(
      { network },
      count((one) => one.waitsFor === undefined),
    );
    for (const why of reasonsToWait)
      notEntered.set(
        { network, waits_for: why },
        count((one) => one.waitsFor === why),
      );
    lanesWaiting.set(
      { network },
      count((one) => one.waiting > 0),
    );
    linesWaiting.set(
      { network },
      all.reduce((sum, one) => sum + one.waiting, 0),
    );
    lag.set(
      { network },
      all.reduce((most, one) => Math.max(most, one.lagSeconds), 0),
    );
  }

  private people(counted: readonly Counted[]): void {
    const { ghosts, members, owed, parked, seats } = this.gauges;
    for (const gauge of [ghosts, members, owed, parked]) {
      for (const { name } of this.parts.networks.all()) gauge.set({ network: name }, 0);
    }
    seats.reset();
    for (const { network, what, state, count } of counted) {
      switch (what) {
        case 'ghost':
          ghosts.set({ network }, count);
          break;
        case 'member':
          members.set({ network }, count);
          break;
        case 'owed':
          owed.set({ network }, count);
          break;
        case 'parked':
          parked.set({ network }, count);
          break;
        case 'seat':
          seats.set({ network, state }, count);
      }
    }
  }

  private ages(side: string, there: readonly Standing[], earlier: ReadonlyMap<number, number>): void {
    const gauge = this.gauges.sideRoomsByAge.get(side);
    const since = there.map(({ at }) => Date.now() - (at.heardAt ?? earlier.get(at.id) ?? 0));
    for (const [age, ms] of Object.entries(ages)) gauge?.set({ age }, since.filter((one) => one <= ms).length);
    gauge?.set({ age: 'all' }, there.length);
  }
}

async function earlier({ db, tenant }: MeasurementParts): Promise<Map<number, number>> {
  return new Map((await lastHeard(db, tenant)).map(({ endpoint, at }) => [endpoint, at.getTime()]));
}
