import type { Line } from '../writing/append.ts';

/** What an endpoint still has to get, by what is in memory. */
export interface Behind {
  readonly waiting: number;
  /** When the oldest of it was stored, epoch milliseconds; undefined if nothing waits. */
  readonly oldest: number | undefined;
}

/** Lines that wait to be delivered, of all lanes together. */
export class Backlog {
  lines = 0;
}

/** How many lines one endpoint still has to get: told of each that comes and each that ends, so that nobody has to look. */
export class Count {
  lines = 0;
  /** False: there may be more in the table than anybody was told of. */
  isSure = true;
  private readonly backlog: Backlog;
  /** The last line that was counted: what has been read may be told of afterwards. */
  private last: number;
  private isOpen = true;

  constructor(backlog: Backlog, last: number) {
    this.backlog = backlog;
    this.last = last;
  }

  add(lines: readonly Line[]): void {
    this.change(lines.filter(({ seq }) => seq > this.last).length);
    this.last = Math.max(this.last, lines.at(-1)?.seq ?? 0);
  }

  /** One has ended. */
  less(): void {
    this.change(-1);
  }

  /** `last`: the last line that is among them. */
  be(lines: number, last: number): void {
    this.change(lines - this.lines);
    this.last = Math.max(this.last, last);
    this.isSure = true;
  }

  /** Nothing waits for it any more. */
  close(): void {
    this.change(-this.lines);
    this.isOpen = false;
  }

  private change(by: number): void {
    if (!this.isOpen) return;
    this.lines += by;
    this.backlog.lines += by;
  }
}
