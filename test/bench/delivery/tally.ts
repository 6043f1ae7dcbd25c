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

/** A line of a run: `b<run> <room> <number> <sent, in ms since 1970>`; the rest is padding. */
const form = /b(\d+) (\d+) (\d+) (\d+\.\d+)/;

const now = (): number => performance.timeOrigin + performance.now();

export function line(run: number, room: number, number: number): string {
  return `b${run} ${room} ${number} ${now().toFixed(2)} ${'lorem ipsum dolor sit amet '.repeat(3)}`;
}

/** Counts lines of one run. */
export class Tally {
  private run = 0;
  private received = 0;
  private doubled = 0;
  private inversions = 0;
  private firstAt = 0;
  private lastAt = 0;
  private latencies: number[] = [];
  private seen = new Set<number>();
  private newest = new Map<number, number>();

  start(run: number): void {
    this.run = run;
    this.received = 0;
    this.doubled = 0;
    this.inversions = 0;
    this.firstAt = 0;
    this.lastAt = 0;
    this.latencies = [];
    this.seen = new Set();
    this.newest = new Map();
  }

  /** True if it is a line of this run. */
  see(text: string): boolean {
    const found = form.exec(text);
    if (!found || Number(found[1]) !== this.run) return false;
    const [room, number, sent] = [Number(found[2]), Number(found[3]), Number(found[4])];
    const id = room * 1_000_000 + number;
    if (this.seen.has(id)) {
      this.doubled += 1;
      return true;
    }
    this.seen.add(id);
    this.lastAt = now();
    this.firstAt ||= this.lastAt;
    this.received += 1;
    this.latencies.push(this.lastAt - sent);
    if (number < (this.newest.get(room) ?? -1)) this.inversions += 1;
    else this.newest.set(room, number);
    return true;
  }

  get count(): number {
    return this.received;
  }

  report(): TallyReport {
    const { received, doubled, inversions, firstAt, lastAt, latencies } = this;
    return { received, doubled, inversions, firstAt, lastAt, latencies };
  }
}
