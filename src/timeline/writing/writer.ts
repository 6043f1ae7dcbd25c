import { randomUUID } from 'node:crypto';
import type { Database, Sql } from '../../db.ts';
import type { Inbound, Log, Verdict } from '../../networks/network.ts';
import type { Metrics } from '../../ops/metrics.ts';
import { changeMembers } from '../../rooms/member.store.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import { moveCursors, owe, type Settlement, statesOf } from '../copy.store.ts';
import { countAppended } from '../counting.ts';
import type { Keys } from '../key.ts';
import { pause } from '../lanes/retry.ts';
import { park } from '../timeline.store.ts';
import { Append, type Line } from './append.ts';
import { type Arrival, storableInbound } from './arrival.ts';
import { commit } from './commit.store.ts';
import { Doubt } from './doubt.ts';
import { Heard } from './heard.ts';
import { KnownSenders } from './senders.ts';

export interface WriterParts {
  readonly db: Database;
  readonly rooms: Rooms;
  readonly keys: Keys;
  readonly tenant: number;
  readonly install: string;
  readonly holder: string;
  readonly networks: () => readonly number[];
  readonly log: Log;
  readonly metrics: Metrics;
  /** The lines of a commit, in order: the lanes take them from here. */
  stored(lines: readonly Line[]): void;
  /** A write that failed may have been done all the same: there may be lines that nobody was told of. */
  unsure(): void;
  /** Some sender is owed a word, committed. */
  owed(): void;
}

/** Another process has taken our networks over: this one must not write any more. */
class NotOwner extends Error {}

interface Arriving {
  readonly arrivals: readonly Arrival[];
  readonly resolve: (verdicts: Verdict[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Settling {
  readonly settlement: Settlement;
  readonly resolve: () => void;
}

interface Round {
  readonly arriving: readonly Arriving[];
  readonly settling: readonly Settling[];
  readonly cursors: ReadonlyMap<number, number>;
}

const MAX_ARRIVALS = 1000;
const MAX_SETTLEMENTS = 1000;
/** Commits begin at least this far apart: a disk that syncs in a tenth of a millisecond would else be paid for line by line. */
const APART_MS = 3;
/** What has been delivered can wait this long for an append to share its commit with. */
const SETTLE_MS = 15;
/** SQLSTATE deadlock_detected. */
const DEADLOCK = '40P01';
const TURNS = 5;

/**
 * The one way into the timelines: what arrives on all wires, and how deliveries have ended, for all rooms together. One commit
 * is in flight; what comes meanwhile is the next. Nobody is answered before the commit.
 */
export class Writer {
  private readonly parts: WriterParts;
  private readonly senders = new KnownSenders();
  private arriving: Arriving[] = [];
  private settling: Settling[] = [];
  private cursors = new Map<number, number>();
  private running: Promise<void> | undefined;
  private bell: () => void = () => {};
  private begunAt = 0;
  /** When the first of what is settled came. */
  private settleSince = 0;
  /** Settlements that could not be written, one after the other: while there are some, arrivals are written apart from them. */
  private failures = 0;
  private readonly doubt = new Doubt();
  private readonly heard = new Heard();
  private isFlushing = false;

  constructor(parts: WriterParts) {
    this.parts = parts;
  }

  /** Verdicts in the order given; rejects if nothing of the batch was stored. */
  take(networkId: number, batch: readonly Inbound[]): Promise<Verdict[]> {
    if (batch.length === 0) return Promise.resolve([]);
    const arrivals = batch.map((inbound) => this.arrival(networkId, inbound));
    return new Promise((resolve, reject) => {
      this.arriving.push({ arrivals, resolve, reject });
      this.wake();
    });
  }

  /** Resolves after the commit. A delivery has happened whether or not the database is there to hear of it: tried until it is. */
  settle(settlement: Settlement, cursor: number): Promise<void> {
    this.moved(settlement.endpoint, cursor);
    if (this.heard.says(settlement)) return Promise.resolve();
    return new Promise((resolve) => {
      if (this.settling.length === 0) this.settleSince = performance.now();
      this.settling.push({ settlement, resolve });
      this.wake();
    });
  }

  /** A lane's place: written by `flush`. */
  moved(endpoint: number, cursor: number): void {
    this.cursors.set(endpoint, Math.max(cursor, this.cursors.get(endpoint) ?? 0));
  }

  /** Writes what is in hand, and the places of the lanes. */
  async flush(): Promise<void> {
    if (this.cursors.size > 0) {
      this.isFlushing = true;
      this.wake();
    }
    await this.running;
  }

  /** Resolves when nothing is in hand. */
  async idle(): Promise<void> {
    await this.running;
  }

  private arrival(networkId: number, given: Inbound): Arrival {
    const { keys, rooms } = this.parts;
    const inbound = storableInbound(given);
    const at = inbound.at && rooms.endpoint(inbound.at.id);
    return { networkId, inbound, at, ...('key' in inbound ? { delivery: keys.read(inbound.key) } : {}) };
  }

  private wake(): void {
    this.running ??= this.run();
    this.bell();
  }

  private async run(): Promise<void> {
    while (this.arriving.length + this.settling.length > 0 || this.isFlushing) {
      await this.gathered();
      this.begunAt = performance.now();
      const arriving = this.nextArriving();
      const settling = this.isDue() ? this.settling.splice(0, MAX_SETTLEMENTS) : [];
      const cursors = this.nextCursors();
      if (this.failures === 0) {
        await this.write({ arriving, settling, cursors });
      } else {
        if (settling.length + cursors.size > 0) await this.write({ arriving: [], settling, cursors });
        if (arriving.length > 0) await this.write({ arriving, settling: [], cursors: new Map() });
      }
    }
    this.running = undefined;
  }

  /** None as long as a settlement waits: a cursor says that what lies below it is written. */
  private nextCursors(): ReadonlyMap<number, number> {
    const { cursors } = this;
    if (!this.isFlushing || this.settling.length > 0) return new Map();
    this.isFlushing = false;
    this.cursors = new Map();
    return cursors;
  }

  /** Waits until the next commit is due; what comes meanwhile may make it due earlier. */
  private async gathered(): Promise<void> {
    for (;;) {
      const left = this.dueAt() - performance.now();
      if (left <= 0) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.bell = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }

  private dueAt(): number {
    if (this.isFlushing && this.failures === 0) return 0;
    const next = this.begunAt + APART_MS;
    if (this.arriving.length > 0) return next;
    return Math.max(next, this.failures > 0 ? this.retryAt() : this.settleSince + SETTLE_MS);
  }

  private isDue(): boolean {
    return this.failures === 0 || performance.now() >= this.retryAt();
  }

  private failedAt = 0;
  private retryAt(): number {
    return this.failedAt + Math.min(pause(this.failures), 5000);
  }

  private nextArriving(): Arriving[] {
    let size = 0;
    const end = this.arriving.findIndex((one) => {
      size += one.arrivals.length;
      return size > MAX_ARRIVALS;
    });
    return this.arriving.splice(0, end === -1 ? this.arriving.length : Math.max(end, 1));
  }

  private async write(round: Round): Promise<void> {
    const { arriving, settling, cursors } = round;
    const { metrics, log } = this.parts;
    const began = performance.now();
    try {
      const append = await this.committed(round);
      const seconds = (performance.now() - began) / 1000;
      if (arriving.length > 0) {
        if (this.doubt.isLeftBy(arriving.flatMap((one) => one.arrivals))) this.parts.unsure();
        this.appended(append, seconds);
      }
      if (settling.length > 0) {
        metrics.settleSeconds.observe(seconds);
        metrics.settleSize.observe(settling.length);
      }
      for (const one of arriving) one.resolve(append.verdicts.splice(0, one.arrivals.length));
      for (const one of settling) one.resolve();
      if (append.owed.length > 0 || settling.some((one) => one.settlement.owed)) this.parts.owed();
      if (settling.length + cursors.size > 0) this.failures = 0;
    } catch (error) {
      if (arriving.length > 0) metrics.appendFailures.inc();
      this.doubt.begin(arriving.flatMap((one) => one.arrivals));
      for (const one of arriving) one.reject(error);
      if (settling.length + cursors.size === 0) return;
      if (error instanceof NotOwner) {
        // Whoever owns the networks now asks them what is there.
        for (const one of settling) one.resolve();
        return;
      }
      this.failures += 1;
      this.failedAt = performance.now();
      metrics.settleFailures.inc();
      log.error('settling failed, trying again', { reason: String(error), waitMs: Math.min(pause(this.failures), 5000) });
      this.settling.unshift(...settling);
      for (const [endpoint, cursor] of cursors) this.moved(endpoint, cursor);
    }
  }

  private appended(append: Append, seconds: number): void {
    countAppended(this.parts, append, seconds);
    this.senders.add(append.senders.values());
    this.heard.add(append.copies, append.ids);
    this.parts.stored(append.lines);
  }

  /** Others may write what we write, links and the command line: who is chosen to give way begins anew. */
  private async committed(round: Round): Promise<Append> {
    const repeats = new Set<string>();
    for (let turn = 1; ; turn += 1) {
      try {
        const append = await this.attempt(round, repeats);
        if (append) return append;
      } catch (error) {
        if ((error as { code?: unknown }).code !== DEADLOCK || turn === TURNS) throw error;
      }
    }
  }

  /** Undefined: some of it was stored already, and is in `repeats` now. */
  private async attempt({ arriving, settling, cursors }: Round, repeats: Set<string>): Promise<Append | undefined> {
    const { db, tenant, install, holder } = this.parts;
    const arrivals = arriving.flatMap((one) => one.arrivals);
    const now = new Date();
    const append = new Append(db, { tenant, install, now, newId: randomUUID, senders: this.senders, repeats });
    await append.prepare(arrivals);
    const { copies, ids } = statesOf(settling.map((one) => one.settlement));
    const networks = [...new Set([...arrivals.map((one) => one.networkId), ...this.parts.networks()])];
    const all = { copies: [...append.copies, ...copies], ids: [...append.ids, ...ids] };
    const batch = { tenant, holder, networks, receivedAt: now, entries: append.entries, ...all };
    const owed = [...settling.map((one) => one.settlement).filter((one) => one.owed), ...append.owed];
    const write = async (sql: Sql): Promise<Append | undefined> => {
      const done = await commit(sql, batch);
      if (done.kind === 'not-owner') throw new NotOwner('the lease of a network is held by another process');
      if (done.kind === 'repeats') {
        append.known(done.entries, repeats);
        return undefined;
      }
      append.number(done.seqs);
      await changeMembers(sql, tenant, append.changes);
      await park(sql, tenant, append.malformed);
      await owe(sql, tenant, owed);
      await moveCursors(sql, tenant, cursors);
      return append;
    };
    const alone = append.changes.length + append.malformed.length + owed.length + cursors.size === 0;
    return alone ? write(db) : db.transaction(write);
  }
}
