import { Chance } from '../fuzz/chance.ts';

/** A process of the bridge, or (undefined) the world around it. What it waits for dies with it. */
export interface Owner {
  readonly name: string;
  isAlive: boolean;
  /** Stopped by the operating system: nothing of it goes on until it wakes. */
  isPaused: boolean;
}

interface Step {
  readonly owner: Owner | undefined;
  readonly what: string;
  run(): void;
}

interface Timer {
  readonly owner: Owner | undefined;
  readonly id: number;
  readonly every: number | undefined;
  due: number;
  run(): void;
}

const turn = globalThis.setImmediate;
/** A day on which nothing else happens. */
const begin = Date.UTC(2026, 0, 5);

/**
 * Everything that waits, and the one chance that decides what goes on next. A step runs until everything that it set free waits
 * again, so that there is no order but the scheduler's; the same seed gives the same order.
 */
export class Scheduler {
  readonly chance: Chance;
  /** Epoch milliseconds. */
  now = begin;
  taken = 0;
  /** Of every step and everything noted, so that two runs can be compared. */
  hash = 0x811c9dc5;
  /** Whose doing this is, now. */
  current: Owner | undefined;
  readonly trace: string[] | undefined;
  /** Of a hundred choices, how many are for time to pass although somebody could go on. */
  haste = 3;
  private steps: Step[] = [];
  private timers: Timer[] = [];
  private lastTimer = 0;

  constructor(seed: number, isTraced = false) {
    this.chance = new Chance(seed);
    this.trace = isTraced ? [] : undefined;
  }

  /** For people alone. */
  remark(text: string): void {
    this.trace?.push(this.stamped(text));
  }

  note(text: string): void {
    const line = this.stamped(text);
    // FNV-1a.
    for (let at = 0; at < line.length; at += 1) this.hash = Math.imul(this.hash ^ line.charCodeAt(at), 0x01000193) >>> 0;
    this.trace?.push(line);
  }

  private stamped(text: string): string {
    return `${((this.now - begin) / 1000).toFixed(3)} ${this.current?.name ?? '-'} ${text}`;
  }

  /** True with a likelihood of `percent`. */
  happens(percent: number): boolean {
    return percent > 0 && this.chance.below(1000) < percent * 10;
  }

  /** Resolves when it is chosen; never, if its owner dies before. */
  step(what: string, owner = this.current): Promise<void> {
    return new Promise((resolve) => this.steps.push({ owner, what, run: resolve }));
  }

  timer(run: () => void, ms: number, every?: number): number {
    this.lastTimer += 1;
    this.timers.push({ owner: this.current, id: this.lastTimer, run, every, due: this.now + Math.max(ms, 1) });
    return this.lastTimer;
  }

  cancel(id: number): void {
    const index = this.timers.findIndex((one) => one.id === id);
    if (index !== -1) this.timers.splice(index, 1);
  }

  kill(owner: Owner): void {
    owner.isAlive = false;
    this.steps = this.steps.filter((one) => one.owner !== owner);
    this.timers = this.timers.filter((one) => one.owner !== owner);
  }

  /** One step, or time passes until something is due. False: nothing waits any more. */
  async next(): Promise<boolean> {
    const runnable = this.runnable();
    if (runnable.length === 0 || this.happens(this.haste)) {
      if (await this.fire()) return true;
      if (runnable.length === 0) return false;
    }
    const chosen = this.chance.oneOf(runnable);
    this.steps.splice(this.steps.indexOf(chosen), 1);
    this.now += this.chance.below(4);
    await this.go(chosen, chosen.what);
    return true;
  }

  /** Runs `work` as somebody's, up to where it waits. */
  async as(owner: Owner | undefined, work: () => void): Promise<void> {
    this.current = owner;
    work();
    await new Promise((resolve) => turn(resolve));
    this.current = undefined;
  }

  private runnable(): readonly Step[] {
    return this.steps.some(({ owner }) => owner?.isPaused) ? this.steps.filter(({ owner }) => !owner?.isPaused) : this.steps;
  }

  private async fire(): Promise<boolean> {
    let first: Timer | undefined;
    for (const one of this.timers) if (!one.owner?.isPaused && (!first || one.due < first.due)) first = one;
    if (!first) return false;
    this.now = Math.max(this.now, first.due);
    if (first.every === undefined) this.timers.splice(this.timers.indexOf(first), 1);
    else first.due = this.now + first.every;
    await this.go(first, '');
    return true;
  }

  private async go(one: Step | Timer, what: string): Promise<void> {
    this.taken += 1;
    this.current = one.owner;
    if (what !== '') this.note(what);
    await this.as(one.owner, one.run);
  }
}
