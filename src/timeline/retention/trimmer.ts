import { setTimeout } from 'node:timers/promises';
import type { Database } from '../../db.ts';
import type { Log } from '../../networks/network.ts';
import type { Metrics } from '../../ops/metrics.ts';
import {
  deleteBodies,
  deleteStrayExcerpts,
  type Excerpt,
  hasImpatient,
  insertExcerpts,
  keepBodies,
  type OldBodies,
  type OldBody,
  oldBodies,
  start,
} from './body.store.ts';
import { type Day, dayOf, daysLater, spanOf } from './days.ts';
import { excerptOf } from './excerpt.ts';
import { forgetLines, oldLines } from './ids.store.ts';
import {
  addPartition,
  bodies,
  dropTakenOut,
  excerpts,
  type Partitioned,
  partitionsOf,
  takenOut,
  takeOut,
} from './partitions.store.ts';

/** How long what is kept, in days. Excerpts outlive bodies, and ids outlive excerpts. */
export interface Retention {
  readonly bodyDays: number;
  readonly excerptDays: number;
  readonly idDays: number;
}

export interface TrimmerParts {
  readonly db: Database;
  readonly retention: Retention;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'trimmed' | 'trimSeconds'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Between two steps, the first of which took so many milliseconds. */
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
}

const HOUR_MS = 3_600_000;
/** Partitions are ready for so many days: a bridge whose trimmer fails that long still appends as fast. */
const AHEAD_DAYS = 3;
/** Bodies are shortened at the latest so long after their day, usually: excerpts have a partition from there on. */
const EXCERPTS_BACK_DAYS = 14;
const LOCK_TRIES = 20;
/** SQLSTATEs: lock_not_available; somebody else made it; lines of that day lie in the rest already. */
const BUSY = '55P03';
const THERE = new Set(['42P07', '23514', '42P17']);

/** Ended before its time: the process goes. */
class Stopped extends Error {}

/**
 * Takes away what is too old, in small steps with rests between them, a fifth of one session's time at most. Bodies go by the day:
 * what is still needed of a day is copied aside, the rest leaves an excerpt, and then the whole partition is dropped.
 */
export class Trimmer {
  private readonly parts: TrimmerParts;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly ending = new AbortController();
  /** The day whose work is done. */
  private done: Day | undefined;

  constructor(parts: TrimmerParts) {
    this.parts = parts;
  }

  /** Makes the partitions of the next days, and goes on by itself. Rejects never: what fails is tried again within the hour. */
  async start(): Promise<void> {
    await this.guarded('making partitions', () => this.makeAhead());
    this.timer = setInterval(() => this.wake(), HOUR_MS);
    this.timer.unref();
    this.wake();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    clearInterval(this.timer);
    await this.running;
  }

  /** All that is to be done now. */
  async pass(): Promise<void> {
    await this.makeAhead();
    const today = this.today();
    const { bodyDays, excerptDays, idDays } = this.parts.retention;
    for (const { name, from } of await partitionsOf(this.parts.db, bodies)) {
      if (daysLater(from, bodyDays) >= today) break;
      await this.shorten({ table: name, impatient: false });
      await this.remove(bodies, name);
    }
    await this.shorten({ table: 'body_rest', impatient: false });
    await this.shorten({ table: 'kept_body', impatient: false });
    if (await hasImpatient(this.parts.db, bodyDays)) await this.shorten({ table: 'body', impatient: true });
    const oldest = daysLater(today, -Math.max(excerptDays, bodyDays));
    for (const { name, from } of await partitionsOf(this.parts.db, excerpts)) {
      if (daysLater(from, excerpts.days) > oldest) break;
      await this.remove(excerpts, name);
    }
    while (await this.step('excerpts', () => deleteStrayExcerpts(this.parts.db, oldest)));
    await this.forget(new Date(Date.parse(daysLater(today, -Math.max(idDays, excerptDays, bodyDays)))));
    this.done = today;
  }

  private wake(): void {
    if (this.running || this.done === this.today()) return;
    this.running = this.guarded('trimming', () => this.pass()).finally(() => (this.running = undefined));
  }

  private async guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof Stopped) return;
      this.parts.log.warn('retention could not do its work, trying again within the hour', { what, reason: String(error) });
    }
  }

  private today(): Day {
    return dayOf(this.parts.now());
  }

  private async makeAhead(): Promise<void> {
    const today = this.today();
    const back = Math.min(EXCERPTS_BACK_DAYS, this.parts.retention.excerptDays);
    await this.make(bodies, [0, today]);
    await this.make(excerpts, [-back, today]);
  }

  /** One for each span from `back` days before today to the last day that must be ready. */
  private async make(of: Partitioned, [back, today]: readonly [number, Day]): Promise<void> {
    const there = new Set((await partitionsOf(this.parts.db, of)).map(({ from }) => from));
    const end = daysLater(today, AHEAD_DAYS);
    for (let from = spanOf(daysLater(today, back), of.days); from <= end; from = daysLater(from, of.days)) {
      if (there.has(from)) continue;
      try {
        await this.locking(() => addPartition(this.parts.db, of, from));
      } catch (error) {
        // Too late for that day, or another process was quicker: the rest holds it, or the partition is there.
        if (!THERE.has((error as { code?: string }).code ?? '')) throw error;
      }
    }
  }

  private async remove(of: Partitioned, name: string): Promise<void> {
    await this.locking(() => takeOut(this.parts.db, of, name));
    for (const one of await takenOut(this.parts.db, of))
      await this.step('partitions', () => dropTakenOut(this.parts.db, one.name));
    this.parts.log.info('a partition was dropped', { partition: name });
  }

  /** A change of a table's shape: never waits long for the lock, because appends would wait behind it. */
  private async locking(work: () => Promise<void>): Promise<void> {
    for (let turn = 1; ; turn += 1) {
      try {
        return await this.step('partitions', work);
      } catch (error) {
        if ((error as { code?: string }).code !== BUSY || turn === LOCK_TRIES) throw error;
        await this.parts.rest(25 * turn, this.ending.signal);
      }
    }
  }

  /** Excerpts in the place of bodies. From a partition nothing is deleted: it goes as a whole, so what is needed is kept aside. */
  private async shorten(from: Pick<OldBodies, 'table' | 'impatient'>): Promise<void> {
    const { bodyDays: days } = this.parts.retention;
    const byRow = from.table === 'body_rest' || from.table === 'kept_body' || from.impatient;
    let after = start;
    for (;;) {
      const today = this.today();
      const last = await this.step('bodies', async () => {
        const page = await oldBodies(this.parts.db, { ...from, after, today, days });
        await this.replace(page, byRow ? from.table : undefined);
        return page.at(-1);
      });
      if (!last) return;
      after = last;
    }
  }

  /** `table`: where they are deleted from, row by row. */
  private async replace(page: readonly OldBody[], table: string | undefined): Promise<void> {
    if (page.length === 0) return;
    const needed = page.filter((body) => body.needed);
    const gone = page.filter((body) => !body.needed);
    const oldest = daysLater(this.today(), -this.parts.retention.excerptDays);
    const made = gone.map(excerptOf).filter((one): one is Excerpt => one !== undefined && one.day >= oldest);
    await this.parts.db.transaction(async (sql) => {
      await insertExcerpts(sql, made);
      if (table === undefined) await keepBodies(sql, needed);
      else await deleteBodies(sql, table, gone);
    });
    this.parts.metrics.trimmed.inc({ what: 'bodies' }, gone.length);
  }

  private async forget(before: Date): Promise<void> {
    let room = 0;
    for (;;) {
      const { rooms, last } = await this.step('ids', () => oldLines(this.parts.db, room, before));
      for (const one of rooms) {
        await this.step('ids', () => this.parts.db.transaction((sql) => forgetLines(sql, one)));
        this.parts.metrics.trimmed.inc({ what: 'ids' });
      }
      if (last === undefined) return;
      // Rooms that had old lines are looked at again: one step takes only so many.
      const again = rooms[0]?.room;
      room = again === undefined ? last : again - 1;
    }
  }

  private async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.ending.signal.aborted) throw new Stopped();
    const began = performance.now();
    try {
      return await work();
    } finally {
      const ms = performance.now() - began;
      this.parts.metrics.trimSeconds.observe({ what }, ms / 1000);
      await this.parts.rest(ms, this.ending.signal);
    }
  }
}

/** Rests four times as long as the step took. */
export async function restFor(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(Math.max(20, 4 * ms), undefined, { signal, ref: false }).catch(() => undefined);
}
