/** Work may take a twentieth of the time. */
const SHARE = 20;
/** Until what failed is tried again. */
const AGAIN_MS = 5000;

/**
 * Something dear that many ask for: worked out again at most every `ms`, and seldomer if it takes long. Who asks waits for it
 * `patienceMs` at most, and then hears what was known before.
 */
export class Seldom<T> {
  private readonly work: () => Promise<T>;
  private readonly ms: number;
  private readonly patienceMs: number;
  private value: T | undefined;
  private due = 0;
  private running: Promise<void> | undefined;

  constructor(work: () => Promise<T>, { ms, patienceMs }: { readonly ms: number; readonly patienceMs: number }) {
    this.work = work;
    this.ms = ms;
    this.patienceMs = patienceMs;
  }

  /** Undefined: it was never known. Never rejects: what cannot be had now may be had later. */
  async get(): Promise<T | undefined> {
    if (performance.now() >= this.due) this.running ??= this.renew();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.running, new Promise((resolve) => (timer = setTimeout(resolve, this.patienceMs)))]);
    clearTimeout(timer);
    return this.value;
  }

  private async renew(): Promise<void> {
    const began = performance.now();
    let rest = this.ms;
    try {
      this.value = await this.work();
    } catch {
      // Whoever does the work says why; what was known before is better than nothing.
      rest = Math.min(rest, AGAIN_MS);
    }
    const ended = performance.now();
    this.due = ended + Math.max(rest, (ended - began) * SHARE);
    this.running = undefined;
  }
}
