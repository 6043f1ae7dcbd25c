import type { Timing } from './timing.ts';

/** How long to wait before the next attempt: doubled each time up to a cap, and never quite the same on two machines. */
export class Backoff {
  #failures = 0;

  constructor(
    private readonly timing: Pick<Timing, 'firstPause' | 'longestPause' | 'steady'>,
    private readonly random: () => number = Math.random,
  ) {}

  /** After a link that was up for `lastedMs`, 0 if it never was: between half of the step and the whole of it. */
  next(lastedMs: number): number {
    const { firstPause, longestPause, steady } = this.timing;
    if (lastedMs >= steady) this.#failures = 0;
    const step = Math.min(longestPause, firstPause * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return step * (0.5 + this.random() / 2);
  }
}
