import type { Database } from '../db.ts';
import type { KnownSender } from '../identity/sender.store.ts';
import type { Log, Status } from '../networks/network.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Networks } from '../rooms/networks.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { idsOf } from './copy.store.ts';
import { allOwed, type Owed, payOwed } from './owed.store.ts';

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
/** How often one sender is told of one refusal while his network is up. */
const TRIES = 10;

/** Tells senders what became of their lines, in their own protocol. A refusal is owed durably; the rest is best effort. */
export class Teller {
  private readonly parts: TellerParts;
  private running: Promise<void> | undefined;
  private isAsked = false;
  private hasFailed = false;
  private readonly tries = new Map<number, number>();

  constructor(parts: TellerParts) {
    this.parts = parts;
  }

  /** At once, best effort. */
  async tell(told: Told, status: Status): Promise<void> {
    await this.told(told, status).catch((error: unknown) => {
      this.parts.log.warn('a sender could not be told', { endpoint: told.origin, status: status.kind, reason: String(error) });
    });
  }

  /** False: the network is not there. Rejects if it, or the database, fails. */
  private async told({ origin, seq, sender }: Told, status: Status): Promise<boolean> {
    const { db, metrics, networks, rooms, tenant } = this.parts;
    const at = rooms.endpoint(origin);
    if (!at) return true;
    if (!networks.isUp(at.network)) return false;
    const ids = await idsOf(db, tenant, at.id, seq);
    await networks.get(at.network).network.tell({ at, ids, author: sender }, status);
    metrics.notices.inc({ network: at.network, status: status.kind });
    return true;
  }

  /** Pays what is owed, as far as the networks are up. */
  pay(): void {
    this.isAsked = true;
    this.running ??= this.payAll().finally(() => {
      this.running = undefined;
    });
  }

  /** What could not be paid because something failed. */
  payAgain(): void {
    if (this.hasFailed) this.pay();
  }

  private async payAll(): Promise<void> {
    try {
      this.hasFailed = false;
      // What comes to be owed while this goes on is looked for again.
      while (this.isAsked) await this.payOnce();
    } catch (error) {
      this.hasFailed = true;
      this.parts.log.error('telling senders of refusals failed', { reason: String(error) });
    }
  }

  private async payOnce(): Promise<void> {
    const { db, tenant } = this.parts;
    this.isAsked = false;
    let owed: Owed[];
    let after = 0;
    do {
      owed = await allOwed(db, tenant, after, PAGE);
      const paid: number[] = [];
      for (const one of owed) if (await this.isPaid(one)) paid.push(one.id);
      await payOwed(db, tenant, paid);
      after = owed.at(-1)?.id ?? after;
    } while (owed.length === PAGE);
  }

  /** What cannot be said even after several tries is given up. */
  private async isPaid(owed: Owed): Promise<boolean> {
    try {
      return await this.told(owed, owed.status);
    } catch (error) {
      const tries = (this.tries.get(owed.id) ?? 0) + 1;
      this.tries.set(owed.id, tries);
      this.parts.log.warn('a sender could not be told', { endpoint: owed.origin, tries, reason: String(error) });
      const isSpent = tries >= TRIES;
      if (isSpent) this.tries.delete(owed.id);
      else this.hasFailed = true;
      return isSpent;
    }
  }
}
