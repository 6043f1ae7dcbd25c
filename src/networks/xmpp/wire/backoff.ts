/** How long to wait before the next attempt: doubled each time up to a cap, and never quite the same on two machines. */
export class Backoff {
  #failures = 0;

  constructor(
    private readonly firstMs: number,
    private readonly capMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** Between half of the step and the whole of it. */
  next(): number {
    const step = Math.min(this.capMs, this.firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return step * (0.5 + this.random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
