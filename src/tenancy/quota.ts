import { reason } from '../cpim/reasons.ts';
import type { Endpoint, Inbound, Log, Network, Sender, Verdict } from '../networks/network.ts';

export interface QuotaParts {
  /** Lines that may wait to be delivered, in all rooms together. */
  readonly lines: number;
  /** How many wait now; asked for each batch. */
  readonly waiting: () => number;
  readonly log: Log;
}

/** Once it is full, this share of it has to be free before lines are taken again. */
const FREE = 0.1;
const TELL_AGAIN_MS = 60_000;
const MAX_TOLD = 10_000;

/** What a sender is told instead of an acknowledgement. */
const overload = reason('overload', 'too many lines wait to be delivered, so this one was not taken: try again later');

/**
 * A tenant's share of the disk: over it nothing more is taken, and whoever says something is told so by his own protocol. A line
 * counts once for each place that still has to get it. What is being stored counts once, so that rooms of more than two places
 * may go over it by what is in one commit.
 */
export class BacklogQuota {
  private readonly parts: QuotaParts;
  private isOver = false;
  /** Being stored now. */
  private taking = 0;
  /** Who was told, by place: one notice a minute for each. */
  private readonly told = new Map<string, number>();

  constructor(parts: QuotaParts) {
    this.parts = parts;
  }

  /** `take` stores what may pass; verdicts in the order given. */
  async pass(
    batch: readonly Inbound[],
    network: Network,
    take: (some: readonly Inbound[]) => Promise<Verdict[]>,
  ): Promise<Verdict[]> {
    let left = this.left();
    if (left >= batch.length) return this.counted(batch, take);
    const passes = batch.map((inbound) => !isLine(inbound) || left-- > 0);
    const taken = await this.counted(
      batch.filter((_, index) => passes[index]),
      take,
    );
    return batch.map((inbound, index) => {
      if (passes[index]) return taken.shift() ?? { kind: 'refused', why: overload };
      if (isLine(inbound)) this.tell(network, inbound);
      return { kind: 'refused', why: overload };
    });
  }

  /** How many lines may be taken. */
  private left(): number {
    const { lines, log } = this.parts;
    const waiting = this.parts.waiting() + this.taking;
    const isOver = waiting >= (this.isOver ? lines * (1 - FREE) : lines);
    if (isOver && !this.isOver) log.warn('too many lines wait to be delivered: no more are taken', { waiting, lines });
    if (!isOver && this.isOver) {
      this.told.clear();
      log.info('lines are taken again', { waiting, lines });
    }
    this.isOver = isOver;
    return isOver ? 0 : lines - waiting;
  }

  private async counted(batch: readonly Inbound[], take: (some: readonly Inbound[]) => Promise<Verdict[]>): Promise<Verdict[]> {
    this.taking += batch.length;
    try {
      return await take(batch);
    } finally {
      this.taking -= batch.length;
    }
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
