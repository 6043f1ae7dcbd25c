import type { Database } from '../../db.ts';
import type { EndpointRow } from '../../rooms/room.store.ts';
import type { Settlement } from '../copy.store.ts';
import type { Line } from '../writing/append.ts';
import type { Writer } from '../writing/writer.ts';
import type { Courier } from './courier.ts';
import { Few, FewMap } from './few.ts';
import { linesAfter } from './lane.store.ts';

const PAGE = 200;
const IN_MEMORY = 1000;
/** Deliveries that are open or wait for their commit: what a crash may leave in doubt. A recovery asks about one page. */
const IN_DOUBT = PAGE - 10;
const MINUTE = 60_000;
const nothing = Promise.resolve();

/** What an endpoint still has to get, by what is in memory. */
export interface Behind {
  readonly waiting: number;
  /** When the oldest of it was stored, epoch milliseconds; undefined if nothing waits. */
  readonly oldest: number | undefined;
}

export interface LaneParts {
  readonly db: Database;
  readonly courier: Courier;
  readonly writer: Writer;
}

/**
 * The ordered delivery of one room's timeline to one endpoint. It takes committed lines from memory, and from the table when it
 * starts or has fallen behind. Lanes never wait for each other.
 */
export class Lane {
  readonly at: EndpointRow;
  private readonly parts: LaneParts;
  private queue: Line[] = [];
  private behind = true;
  /** The last line taken from the queue; everything up to `cursor` is settled. */
  private taken: number;
  private readonly open = new FewMap<Promise<void>>();
  /** Seq and time of what was taken and has not ended. */
  private readonly unsettled = new FewMap<number>();
  /** Taken from the queue, and not opened yet. */
  private hand: Line | undefined;
  private readonly retracted = new Few();
  /** Open deliveries that have to try again: until they have ended nothing new is opened. */
  private readonly again = new Few();
  /** Ended, and not yet committed. */
  private readonly committing = new Few();
  /** Found to be there when the lane began. The table may be read again before it says so. */
  private readonly recovered = new Few();
  /** Resolves when the newest line that was opened is on its way, or has ended. */
  private launching = nothing;
  private stopped = false;
  private started = false;
  private bells: (() => void)[] | undefined;
  private running = nothing;
  private isRunning = false;

  constructor(at: EndpointRow, parts: LaneParts) {
    this.at = at;
    this.parts = parts;
    this.taken = at.cursor;
  }

  start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.running = this.run();
  }

  /** New lines of this room, just committed, in order. */
  wake(lines: readonly Line[]): void {
    for (const line of lines) {
      const target = line.envelope.payload.kind === 'retraction' ? line.targetSeq : undefined;
      if (target !== undefined && (target > this.taken || this.open.has(target))) this.retracted.add(target);
    }
    if (this.behind) {
      // They are in the table.
    } else if (this.queue.length + lines.length > IN_MEMORY) {
      this.behind = true;
    } else {
      this.queue.push(...lines);
    }
    this.ring();
  }

  /** Lines may be in the table that were never told of: what is in memory is not to be trusted. */
  lookAgain(): void {
    this.queue = [];
    this.behind = true;
    this.ring();
  }

  /** Takes no more; resolves when what is open has ended or `ms` have passed. */
  async stop(ms: number): Promise<void> {
    this.stopped = true;
    this.ring();
    const ended = Promise.all([this.running, ...this.open.values()]);
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
    clearTimeout(timer);
  }

  /** True when nothing waits and nothing is open. */
  get isIdle(): boolean {
    return this.started && !this.behind && !this.hand && this.queue.length + this.open.size === 0;
  }

  /** Undefined: not all of it is in memory. */
  get behindBy(): Behind | undefined {
    if (this.behind) return undefined;
    const { at, hand, queue } = this;
    const isOurs = (line: Line): boolean => line.origin !== at.id && line.seq <= (at.untilSeq ?? line.seq);
    const times = [...this.unsettled.values(), ...(hand ? [hand.receivedAt] : [])];
    const [oldest] = times;
    const queued = queue.filter(isOurs);
    return { waiting: times.length + queued.length, oldest: oldest ?? queued[0]?.receivedAt };
  }

  private get cursor(): number {
    const oldest = this.unsettled.keys().next();
    return oldest.done ? this.taken : Math.min(oldest.value - 1, this.taken);
  }

  private ring(): void {
    const bells = this.bells ?? [];
    this.bells = undefined;
    for (const bell of bells) bell();
    if (this.started && !this.stopped && (this.behind || this.queue.length > 0)) this.start();
  }

  private rung(): Promise<void> {
    return new Promise((resolve) => {
      this.bells ??= [];
      this.bells.push(resolve);
    });
  }

  /** As long as there is something to do: what rests costs no more than its fields. */
  private async run(): Promise<void> {
    if (!this.started) {
      await this.readOn();
      await this.recover([...this.queue]);
      this.started = true;
    }
    while (!this.stopped) {
      const line = this.queue.shift();
      if (line) await this.take(line);
      else if (this.behind) await this.readOn();
      else break;
    }
    this.isRunning = false;
  }

  /** What the process before this one may have sent without hearing of it: the network is asked before anything is resent. */
  private async recover(lines: readonly Line[]): Promise<void> {
    if (lines.length === 0 || this.stopped) return;
    const settlements = await this.parts.courier.recover(this.at, lines);
    for (const settlement of settlements) {
      this.recovered.add(settlement.seq);
      this.settle(settlement);
    }
  }

  /** The next lines from the table into the queue. The queue may have grown meanwhile: the table's lines come first. */
  private async page(): Promise<void> {
    this.behind = false;
    const after = this.taken;
    const lines = await linesAfter(this.parts.db, this.at, after, PAGE);
    const last = lines.at(-1)?.seq ?? after;
    for (const line of lines) if (line.isRetracted) this.retracted.add(line.seq);
    if (lines.length === PAGE) this.behind = true;
    this.queue = [...lines, ...(this.behind ? [] : this.queue.filter((line) => line.seq > last))];
  }

  private async readOn(): Promise<void> {
    while (!this.stopped) {
      try {
        return await this.page();
      } catch (error) {
        this.behind = true;
        this.parts.courier.log.error('reading the timeline failed, trying again', {
          endpoint: this.at.id,
          reason: String(error),
        });
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  private async take(line: Line): Promise<void> {
    const { courier } = this.parts;
    const beyond = this.at.untilSeq !== undefined && line.seq > this.at.untilSeq;
    if (line.seq <= this.taken) return;
    if (line.origin === this.at.id || beyond || this.recovered.delete(line.seq)) {
      this.retracted.delete(line.seq);
      this.taken = line.seq;
      this.parts.writer.moved(this.at.id, this.cursor);
      return;
    }
    this.hand = line;
    // An entry waits only for the copy that it names; what became of that one must be known.
    const { targetSeq } = line;
    while (targetSeq !== undefined && (this.open.has(targetSeq) || this.committing.has(targetSeq)) && !this.stopped)
      await this.rung();
    // A ghost that may have to enter first, and whoever enters or leaves, goes alone: nothing overtakes it.
    const alone = courier.goesAlone(this.at, line);
    const place = await this.place(line, alone ? 1 : courier.window(this.at));
    this.hand = undefined;
    if (this.stopped) {
      this.queue.unshift(line);
      return;
    }
    this.taken = line.seq;
    if (place === 'expired') {
      this.retracted.delete(line.seq);
      return this.settle(courier.expired(this.at, line));
    }
    this.unsettled.set(line.seq, line.receivedAt);
    const carried = this.carry(line);
    this.open.set(line.seq, carried);
    if (alone) await carried;
  }

  /** Waits until the network is up and one more delivery may be opened; not for ever if it is down. */
  private async place(line: Line, window: number): Promise<'open' | 'expired'> {
    const { courier } = this.parts;
    while (!this.stopped) {
      const full = this.open.size >= window || this.again.size > 0 || this.open.size + this.committing.size >= IN_DOUBT;
      if (full) await this.rung();
      else if (courier.isUp(this.at)) return 'open';
      else if (courier.msLeft(line) <= 0) return 'expired';
      else await this.upFor(Math.min(courier.msLeft(line), MINUTE));
    }
    return 'open';
  }

  private async upFor(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const later = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
    await Promise.race([this.parts.courier.up(this.at), this.rung(), later]);
    clearTimeout(timer);
  }

  /** For another try: waits until everything older that is open has ended, so that tries keep their order. */
  private async turn(seq: number): Promise<void> {
    this.again.add(seq);
    while (!this.stopped && Math.min(...this.open.keys()) < seq) await this.rung();
  }

  private async carry(line: Line): Promise<void> {
    const before = this.launching;
    let launched: () => void = () => {};
    this.launching = new Promise((resolve) => {
      launched = resolve;
    });
    const settlement = await this.parts.courier.carry(this.at, line, {
      isRetracted: () => this.retracted.has(line.seq),
      isStopped: () => this.stopped,
      turn: () => this.turn(line.seq),
      before,
      launched,
    });
    // One that ends without being sent lets nobody pass who is before it.
    void before.then(launched);
    this.open.delete(line.seq);
    this.again.delete(line.seq);
    this.retracted.delete(line.seq);
    if (settlement) {
      this.unsettled.delete(line.seq);
      this.settle(settlement);
    }
    this.ring();
  }

  private settle(settlement: Settlement): void {
    const { seq } = settlement;
    this.committing.add(seq);
    void this.parts.writer.settle(settlement, this.cursor).then(() => {
      this.committing.delete(seq);
      this.ring();
    });
  }
}
