import type { Host, Inbound } from '../network.ts';
import { Nap } from './wire/nap.ts';

interface Waiting {
  readonly item: Inbound;
  readonly stored?: (() => void) | undefined;
}

const most = 500;

/**
 * Everything that came in, to the core in the order of the stream: one batch in flight, what arrives meanwhile is the next.
 * A batch that could not be stored is tried again until it is; nothing overtakes it.
 */
export class Inbox {
  private readonly waiting: Waiting[] = [];
  private running: Promise<void> | undefined;
  private stopped = false;
  private readonly nap = new Nap();

  constructor(private readonly host: Pick<Host, 'accept' | 'log'>) {}

  get size(): number {
    return this.waiting.length;
  }

  /** `stored` is called after the commit that holds the item. */
  push(item: Inbound, stored?: () => void): void {
    this.waiting.push({ item, stored });
    this.running ??= this.run();
  }

  /** Resolves when all that was pushed so far is stored, or after the time given. */
  async drained(ms: number): Promise<void> {
    if (this.running === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([this.running, late]);
    clearTimeout(timer);
  }

  async stop(ms: number): Promise<void> {
    await this.drained(ms);
    this.stopped = true;
    this.nap.wake();
  }

  private async run(): Promise<void> {
    let delay = 0;
    while (this.waiting.length > 0 && !this.stopped) {
      const batch = this.waiting.slice(0, most);
      try {
        await this.host.accept(batch.map((one) => one.item));
        delay = 0;
      } catch (error) {
        delay = Math.min(Math.max(delay * 2, 200), 10_000);
        this.host.log.warn('inbound not stored, trying again', { count: batch.length, delay, error: String(error) });
        await this.nap.sleep(delay);
        continue;
      }
      this.waiting.splice(0, batch.length);
      for (const one of batch) one.stored?.();
    }
    this.running = undefined;
  }
}
