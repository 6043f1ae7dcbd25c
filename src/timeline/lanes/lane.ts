import type { Database } from '../../db.ts';
import type { EndpointRow } from '../../rooms/room.store.ts';
import type { Settlement } from '../copy.store.ts';
import type { Line } from '../writing/append.ts';
import type { Writer } from '../writing/writer.ts';
import { Bell } from './bell.ts';
import { type Backlog, type Behind, Count } from './count.ts';
import type { Courier } from './courier.ts';
import { linesAfter } from './lane.store.ts';

const PAGE = 200;
const IN_MEMORY = 1000;
/** Deliveries that are open or wait for their commit: what a crash may leave in doubt. A recovery asks about one page. */
const IN_DOUBT = PAGE - 10;
const MINUTE = 60_000;
const AGAIN_MS = 1000;
const nothing = Promise.resolve();

export interface LaneParts {
  readonly db: Database;
  readonly courier: Courier;
  readonly writer: Writer;
  readonly backlog: Backlog;
}

/**
 * The ordered delivery of one room's timeline to one endpoint. It takes committed lines from memory, and from the table when it
 * starts or has fallen behind. Lanes never wait for each other. Made for an endpoint that has got everything up to its cursor;
 * `start` says that it may not.
 */
export class Lane {
  readonly at: EndpointRow;
  private readonly parts: LaneParts;
  private queue: Line[] = [];
  private behind = false;
  /** The last line taken from the queue; everything up to `cursor` is settled. */
  private taken: number;
  private readonly open = new Map<number, Promise<void>>();
  /** Seq and time of what was taken and has not ended. */
  private readonly unsettled = new Map<number, number>();
  /** Taken from the queue, and not opened yet. */
  private hand: Line | undefined;
  private readonly retracted = new Set<number>();
  /** Open deliveries that have to try again: until they have ended nothing new is opened. */
  private readonly again = new Set<number>();
  /** Ended, and not yet committed; and those of them that were dropped. */
  private readonly committing = new Set<number>();
  private readonly dropping = new Set<number>();
  /** Some of the next lines may have been sent by a process before this one. */
  private doubtful = false;
  /** Found to be there when the network was asked. The table may be read again before it says so. */
  private readonly recovered = new Set<number>();
  private readonly count: Count;
  /** Resolves when the newest line that was opened is on its way, or has ended. */
  private launching = nothing;
  private stopped = false;
  private readonly bell = new Bell();
  private running = nothing;
  private isRunning = false;

  constructor(at: EndpointRow, parts: LaneParts) {
    this.at = at;
    this.parts = parts;
    this.taken = at.cursor;
    this.count = new Count(parts.backlog, at.cursor);
  }

  /** The table has lines for it, so many if somebody has counted them; some may have been sent already. */
  start(waiting?: number): void {
    this.behind = true;
    this.doubtful = true;
    if (waiting === undefined) this.count.isSure = false;
    else this.count.be(waiting, 0);
    this.go();
  }

  private go(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.running = this.run();
  }

  /** New lines of this room, just committed, in order. */
  wake(lines: readonly Line[]): void {
    this.count.add(lines.filter((line) => this.isOurs(line)));
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
    this.count.isSure = false;
    this.ring();
  }

  /** Takes no more; resolves when what is open has ended or `ms` have passed. */
  async stop(ms: number): Promise<void> {
    this.count.close();
    this.stopped = true;
    this.ring();
    const ended = Promise.all([this.running, ...this.open.values()]);
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
    clearTimeout(timer);
  }

  /** True when nothing waits and nothing is open. */
  get isIdle(): boolean {
    return !this.isRunning && !this.behind && this.queue.length + this.open.size === 0;
  }

  /** Where it stands, if nothing is in hand, not even a commit: it need not be kept then. */
  get restsAt(): number | undefined {
    const isInHand = !this.isIdle || this.committing.size + this.unsettled.size + this.recovered.size > 0;
    return isInHand ? undefined : this.taken;
  }

  /** Undefined: not all of it is known. */
  get behindBy(): Behind | undefined {
    const [first] = this.unsettled.values();
    const oldest = first ?? this.hand?.receivedAt ?? this.queue.find((line) => this.isOurs(line))?.receivedAt;
    const { isSure, lines: waiting } = this.count;
    return isSure && (waiting === 0 || oldest !== undefined) ? { waiting, oldest } : undefined;
  }

  private isOurs(line: Line): boolean {
    return line.origin !== this.at.id && line.seq <= (this.at.untilSeq ?? line.seq);
  }

  private get cursor(): number {
    const oldest = this.unsettled.keys().next();
    return oldest.done ? this.taken : Math.min(oldest.value - 1, this.taken);
  }

  /** Whoever waits looks again. */
  ring(): void {
    this.bell.ring();
    if (!this.stopped && (this.behind || this.queue.length > 0)) this.go();
  }

  /** As long as there is something to do: what rests costs no more than its fields. */
  private async run(): Promise<void> {
    while (!this.stopped) {
      const line = this.queue.shift();
      if (line) await this.take(line);
      else if (this.behind) await this.readOn();
      else break;
    }
    this.isRunning = false;
  }

  /** What a process before this one may have sent: the network is asked first. What expires before it can be asked is refused. */
  private async recover(lines: readonly Line[]): Promise<void> {
    try {
      for (const settlement of await this.parts.courier.recover(this.at, lines)) {
        this.recovered.add(settlement.seq);
        this.ended(settlement);
      }
      this.doubtful = false;
    } catch (error) {
      await this.failed('asking what is there', error);
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
    if (this.behind) return;
    const queued = this.queue.filter((line) => this.isOurs(line) && !this.recovered.has(line.seq));
    this.count.be(queued.length + this.unsettled.size, this.queue.at(-1)?.seq ?? 0);
  }

  private async readOn(): Promise<void> {
    try {
      await this.page();
    } catch (error) {
      // What came meanwhile comes after what was to be read.
      this.lookAgain();
      await this.failed('reading the timeline', error);
    }
  }

  private async failed(what: string, error: unknown): Promise<void> {
    this.parts.courier.log.error('a lane cannot go on, trying again', { endpoint: this.at.id, what, reason: String(error) });
    await this.bell.rungWithin(AGAIN_MS);
  }

  private async take(line: Line): Promise<void> {
    const { courier } = this.parts;
    if (line.seq <= this.taken) return;
    if (!this.isOurs(line)) return this.skip(line);
    this.hand = line;
    // An entry waits only for the copy that it names; what became of that one must be known.
    const { targetSeq } = line;
    while (targetSeq !== undefined && (this.open.has(targetSeq) || this.committing.has(targetSeq)) && !this.stopped)
      await this.bell.rung();
    // A ghost that may have to enter first, and whoever enters or leaves, goes alone: nothing overtakes it.
    const alone = courier.goesAlone(this.at, line);
    const place = await this.place(line, alone ? 1 : courier.window(this.at));
    this.hand = undefined;
    if (this.stopped) {
      this.queue.unshift(line);
      return;
    }
    if (place === 'there') return this.skip(line);
    this.taken = line.seq;
    if (place === 'expired') {
      this.retracted.delete(line.seq);
      return this.ended(courier.expired(this.at, line));
    }
    this.unsettled.set(line.seq, line.receivedAt);
    const carried = this.carry(line);
    this.open.set(line.seq, carried);
    if (alone) await carried;
  }

  private skip(line: Line): void {
    this.retracted.delete(line.seq);
    this.taken = line.seq;
    this.parts.writer.moved(this.at.id, this.cursor);
  }

  private get isUp(): boolean {
    return this.at.isEntered && this.parts.courier.isUp(this.at);
  }

  /** Waits until the endpoint can be reached and one more delivery may be opened; not for ever if it cannot. */
  private async place(line: Line, window: number): Promise<'open' | 'expired' | 'there'> {
    const { courier } = this.parts;
    while (!this.stopped) {
      if (this.recovered.delete(line.seq)) return 'there';
      const full = this.open.size >= window || this.again.size > 0 || this.open.size + this.committing.size >= IN_DOUBT;
      // After a crash there may be no reason any more to drop what was dropped: that is written before anything else is said.
      const follows = this.dropping.size > 0 && line.envelope.payload.kind !== 'membership';
      if (full || follows) await this.bell.rung();
      else if (this.isUp && this.doubtful) await this.recover([line, ...this.queue].slice(0, PAGE));
      else if (this.isUp) return 'open';
      else if (courier.msLeft(line) <= 0) return 'expired';
      else await this.bell.rungWithin(Math.min(courier.msLeft(line), MINUTE));
    }
    return 'open';
  }

  /** For another try: waits until everything older that is open has ended, so that tries keep their order. */
  private async turn(seq: number): Promise<void> {
    this.again.add(seq);
    while (!this.stopped && Math.min(...this.open.keys()) < seq) await this.bell.rung();
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
      this.ended(settlement);
    }
    this.ring();
  }

  private ended(settlement: Settlement): void {
    const { seq } = settlement;
    this.count.less();
    this.committing.add(seq);
    if (settlement.state === 'dropped') this.dropping.add(seq);
    void this.parts.writer.settle(settlement, this.cursor).then(() => {
      this.committing.delete(seq);
      this.dropping.delete(seq);
      this.ring();
    });
  }
}
