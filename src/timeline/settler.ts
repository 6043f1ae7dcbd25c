import type { Database } from '../db.ts';
import type { Log } from '../networks/network.ts';
import type { Metrics } from '../ops/metrics.ts';
import { NotOwner } from './append.ts';
import { moveCursors, type Settlement, settleCopies } from './copy.store.ts';
import { fence } from './timeline.store.ts';

export interface Owner {
  readonly tenant: number;
  readonly holder: string;
  readonly networks: () => readonly number[];
}

export interface SettlerNotices {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Some sender is owed a word, committed. */
  settled(): void;
}

interface Waiting {
  readonly settlement: Settlement;
  readonly resolve: () => void;
}

/** Copies and cursors of many lanes, settled together: one commit in flight, the next one collects meanwhile. */
export class Settler {
  private readonly db: Database;
  private readonly owner: Owner;
  private readonly notices: SettlerNotices;
  private waiting: Waiting[] = [];
  private cursors = new Map<number, number>();
  private running: Promise<void> | undefined;

  constructor(db: Database, owner: Owner, notices: SettlerNotices) {
    this.db = db;
    this.owner = owner;
    this.notices = notices;
  }

  /** Resolves after the commit. */
  settle(settlement: Settlement, cursor: number): Promise<void> {
    this.moved(settlement.endpoint, cursor);
    return new Promise((resolve) => {
      this.waiting.push({ settlement, resolve });
      this.running ??= this.run();
    });
  }

  /** A cursor that moved without a delivery: written with the next commit, or by `flush`. */
  moved(endpoint: number, cursor: number): void {
    this.cursors.set(endpoint, Math.max(cursor, this.cursors.get(endpoint) ?? 0));
  }

  async flush(): Promise<void> {
    if (this.cursors.size > 0) this.running ??= this.run();
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0 || this.cursors.size > 0) {
      const batch = this.waiting.splice(0, 500);
      const cursors = this.cursors;
      this.cursors = new Map();
      await this.commit(batch, cursors);
      for (const one of batch) one.resolve();
    }
    this.running = undefined;
  }

  /** A delivery has happened whether or not the database is there to hear of it: tried until it is. */
  private async commit(batch: readonly Waiting[], cursors: ReadonlyMap<number, number>): Promise<void> {
    const { tenant, holder } = this.owner;
    const { log, metrics } = this.notices;
    for (let wait = 100; ; wait = Math.min(wait * 2, 5000)) {
      const began = performance.now();
      try {
        await this.db.transaction(async (sql) => {
          const networks = this.owner.networks();
          if (!(await fence(sql, tenant, networks, holder)))
            throw new NotOwner('the lease of this network is held by another process');
          if (batch.length > 0)
            await settleCopies(
              sql,
              tenant,
              batch.map((one) => one.settlement),
            );
          await moveCursors(sql, tenant, cursors);
        });
        metrics.settleSeconds.observe((performance.now() - began) / 1000);
        if (batch.length > 0) metrics.settleSize.observe(batch.length);
        if (batch.some((one) => one.settlement.owed)) this.notices.settled();
        return;
      } catch (error) {
        // Whoever owns the networks now asks them what is there.
        if (error instanceof NotOwner) return;
        metrics.settleFailures.inc();
        log.error('settling failed, trying again', { reason: String(error), waitMs: wait });
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }
}
