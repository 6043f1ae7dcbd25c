/** Chance that can be had again: the same seeds give the same sequence. */
export class Chance {
  private state: number;

  constructor(...seeds: readonly (number | string)[]) {
    let state = 0x811c9dc5;
    // FNV-1a.
    for (const char of seeds.join('/')) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193);
    this.state = state >>> 0;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    // Mulberry32.
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  oneOf<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}
