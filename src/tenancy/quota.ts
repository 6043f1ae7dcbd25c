import { reason } from '../cpim/reasons.ts';
import type { Endpoint, Inbound, Log, Network, Sender, Verdict } from '../networks/network.ts';

export interface QuotaParts {
  /** Lines that may wait to be delivered, in all rooms together. */
  readonly lines: number;
  /** How many wait now. */
  readonly waiting: () => Promise<number>;
  readonly log: Log;
}

const LOOK_MS = 5000;
const TELL_AGAIN_MS = 60_000;
const MAX_TOLD = 10_000;

/** What a sender is told instead of an acknowledgement. */
const overload = reason('overload', 'too many lines wait to be delivered, so this one was not taken: try again later');

/**
 * A tenant's share of the disk: over it nothing more is taken, and whoever says something is told so by his own protocol. Looked at
 * every few seconds, so that a line costs nothing; as much as comes in that time may go over it.
 */
export class BacklogQuota {
  private readonly parts: QuotaParts;
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;
  /** Who was told, by place: one notice a minute for each. */
  private readonly told = new Map<string, number>();

  constructor(parts: QuotaParts) {
    this.parts = parts;
  }

  start(): void {
    this.timer = setInterval(() => void this.look(), LOOK_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Counts again. What cannot be counted changes nothing. */
  async look(): Promise<void> {
    const { lines, log } = this.parts;
    const waiting = await this.parts.waiting().catch(() => undefined);
    if (waiting === undefined || waiting > lines === this.isOver) return;
    this.isOver = waiting > lines;
    if (this.isOver) log.warn('too many lines wait to be delivered: no more are taken', { waiting, lines });
    else {
      this.told.clear();
      log.info('lines are taken again', { waiting, lines });
    }
  }

  /** `take` stores the rest of the batch; verdicts in the order given. */
  async pass(
    batch: readonly Inbound[],
    network: Network,
    take: (some: readonly Inbound[]) => Promise<Verdict[]>,
  ): Promise<Verdict[]> {
    if (!this.isOver) return take(batch);
    const taken = await take(batch.filter((inbound) => !isLine(inbound)));
    return batch.map((inbound) => {
      if (!isLine(inbound)) return taken.shift() ?? { kind: 'refused', why: overload };
      this.tell(network, inbound);
      return { kind: 'refused', why: overload };
    });
  }

  private tell(network: Network, { at, from, ids }: Inbound & { kind: 'event' }): void {
    if (!this.isDue(at, from)) return;
    const where = at.address.native;
    network.tell({ at, ids, author: from }, { kind: 'refused', why: overload, where }).catch((error: unknown) => {
      this.parts.log.warn('a sender could not be told', { endpoint: at.id, status: 'refused', reason: String(error) });
    });
  }

  private isDue(at: Endpoint, from: Sender): boolean {
    const key = `${at.id} ${from.key}`;
    const now = Date.now();
    if (now - (this.told.get(key) ?? 0) < TELL_AGAIN_MS) return false;
    if (this.told.size >= MAX_TOLD) this.told.clear();
    this.told.set(key, now);
    return true;
  }
}

/** Who is there, and what takes something back, costs little and is worth more than a quota. */
function isLine(inbound: Inbound): inbound is Inbound & { kind: 'event' } {
  if (inbound.kind !== 'event') return false;
  const { kind } = inbound.envelope.payload;
  return kind !== 'membership' && kind !== 'retraction';
}
