import type { Database } from '../db.ts';
import type { KnownSender } from '../identity/sender.store.ts';
import type { Log, Status } from '../networks/network.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Networks } from '../rooms/networks.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { idsOf } from './copy.store.ts';
import { allOwed, payOwed } from './owed.store.ts';

/** Who said what, where: enough to tell him about it. */
export interface Told {
  readonly origin: number;
  readonly seq: number;
  readonly sender: KnownSender;
}

export interface TellerParts {
  readonly db: Database;
  readonly tenant: number;
  readonly rooms: Rooms;
  readonly networks: Networks;
  readonly log: Log;
  readonly metrics: Metrics;
}

const PAGE = 50;

/** Tells senders what became of their lines, in their own protocol. A refusal is owed durably; the rest is best effort. */
export class Teller {
  private readonly parts: TellerParts;
  private running: Promise<void> | undefined;

  constructor(parts: TellerParts) {
    this.parts = parts;
  }

  /** At once, best effort. */
  async tell(told: Told, status: Status): Promise<void> {
    const at = this.parts.rooms.endpoint(told.origin);
    if (!at || !this.parts.networks.isUp(at.network)) return;
    try {
      const ids = await idsOf(this.parts.db, this.parts.tenant, at.id, told.seq);
      await this.parts.networks.get(at.network).network.tell({ at, ids, author: told.sender }, status);
      this.parts.metrics.notices.inc({ network: at.network, status: status.kind });
    } catch (error) {
      this.parts.log.warn('a sender could not be told', { endpoint: at.id, status: status.kind, reason: String(error) });
    }
  }

  /** Pays what is owed, as far as the networks are up. */
  pay(): void {
    this.running ??= this.payAll()
      .catch((error: unknown) => this.parts.log.error('telling senders of refusals failed', { reason: String(error) }))
      .finally(() => (this.running = undefined));
  }

  private async payAll(): Promise<void> {
    for (;;) {
      const owed = await allOwed(this.parts.db, this.parts.tenant, PAGE);
      const payable = owed.filter((one) => {
        const at = this.parts.rooms.endpoint(one.origin);
        return !at || this.parts.networks.isUp(at.network);
      });
      if (payable.length === 0) return;
      for (const one of payable) await this.tell(one, one.status);
      await payOwed(
        this.parts.db,
        this.parts.tenant,
        payable.map((one) => one.id),
      );
      if (owed.length < PAGE) return;
    }
  }
}
