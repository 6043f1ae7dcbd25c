/** What a receiver has seen of one run: taken where the lines come out, never from the bridge's own tables. */
export interface TallyReport {
  readonly received: number;
  readonly doubled: number;
  /** Lines that came after a newer one of the same room. */
  readonly inversions: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly latencies: readonly number[];
}

/**
 * A line of a run: `b<run> <room> <number> <sent, in ms since 1970>`; the rest is padding. Quoted (in the words that stand for a
 * retraction, say) it is not said again.
 */
const form = /(?<!“)b(\d+) (\d+) (\d+) (\d+\.\d+)/;

const now = (): number => performance.timeOrigin + performance.now();

export function line(run: number, room: number, number: number): string {
  return `b${run} ${room} ${number} ${now().toFixed(2)} ${'lorem ipsum dolor sit amet '.repeat(3)}`;
}

/** Lines that a mixed talk takes back at once: they may be seen, or not. */
export const isRetracted = (number: number): boolean => number % 10 === 9;

/** Numbers of rooms from here on are those of direct chats. */
export const DIRECT = 500_000;
export const isDirect = (room: number): boolean => room >= DIRECT;

export const lineId = (room: number, number: number): number => room * 1_000_000 + number;

/** A line that comes later than this after it was said is late, in ms. */
export const LATE_MS = 10_000;

/** Counts lines of one run. */
export class Tally {
  private run = 0;
  private received = 0;
  private doubled = 0;
  private inversions = 0;
  private firstAt = 0;
  private lastAt = 0;
  private latencies: number[] = [];
  private seen = new Map<number, number>();
  private newest = new Map<number, number>();
  private inverted: number[] = [];
  private late: number[] = [];

  start(run: number): void {
    this.run = run;
    this.received = 0;
    this.doubled = 0;
    this.inversions = 0;
    this.firstAt = 0;
    this.lastAt = 0;
    this.latencies = [];
    this.seen = new Map();
    this.newest = new Map();
    this.inverted = [];
    this.late = [];
  }

  /** Counts a line of this run; anything else is passed over. */
  see(text: string): void {
    const found = form.exec(text);
    if (!found || Number(found[1]) !== this.run) return;
    const [room, number, sent] = [Number(found[2]), Number(found[3]), Number(found[4])];
    const id = lineId(room, number);
    const times = this.seen.get(id) ?? 0;
    if (times > 0) {
      this.seen.set(id, times + 1);
      this.doubled += 1;
      return;
    }
    this.seen.set(id, 1);
    this.lastAt = now();
    this.firstAt ||= this.lastAt;
    this.received += 1;
    this.latencies.push(this.lastAt - sent);
    if (this.lastAt - sent > LATE_MS) this.late.push(id);
    if (number < (this.newest.get(room) ?? -1)) {
      this.inversions += 1;
      this.inverted.push(id);
    } else this.newest.set(room, number);
  }

  get count(): number {
    return this.received;
  }

  /** How often each line came, which came after a newer one of their room, and which came late. */
  times(): { received: [id: number, times: number][]; inverted: number[]; late: number[] } {
    return { received: [...this.seen], inverted: this.inverted, late: this.late };
  }

  report(): TallyReport {
    const { received, doubled, inversions, firstAt, lastAt, latencies } = this;
    return { received, doubled, inversions, firstAt, lastAt, latencies };
  }
}
