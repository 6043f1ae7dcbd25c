import { randomUUID } from 'node:crypto';
import type { Database } from '../db.ts';
import type { KnownSender } from '../identity/sender.store.ts';
import type { Inbound, Sender, Verdict } from '../networks/network.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { Append, type Appended, type Line } from './append.ts';
import { type Arrival, storableInbound } from './arrival.ts';
import type { Keys } from './key.ts';

export interface AcceptOptions {
  readonly tenant: number;
  readonly install: string;
  readonly holder: string;
  readonly metrics: Metrics;
  /** The lines of a commit, in order: the lanes take them from here. */
  stored(lines: readonly Line[]): void;
}

interface Waiting {
  readonly arrivals: readonly Arrival[];
  readonly resolve: (verdicts: Verdict[]) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_BATCH = 1000;
/** SQLSTATE deadlock_detected. */
const DEADLOCK = '40P01';
const TURNS = 5;
const MAX_SENDERS = 100_000;

/**
 * The one way into the timelines. One append is in flight; what arrives meanwhile is the next batch, so that the cost of a
 * commit is shared without a timer. Nobody is answered before the commit.
 */
export class Accept {
  private readonly db: Database;
  private readonly rooms: Rooms;
  private readonly keys: Keys;
  private readonly options: AcceptOptions;
  private readonly senders = new Map<string, KnownSender>();
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;

  constructor(db: Database, rooms: Rooms, keys: Keys, options: AcceptOptions) {
    this.db = db;
    this.rooms = rooms;
    this.keys = keys;
    this.options = options;
  }

  /** Verdicts in the order given; rejects if nothing of the batch was stored. */
  take(networkId: number, batch: readonly Inbound[]): Promise<Verdict[]> {
    if (batch.length === 0) return Promise.resolve([]);
    const arrivals = batch.map((inbound) => this.arrival(networkId, inbound));
    return new Promise((resolve, reject) => {
      this.waiting.push({ arrivals, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Resolves when nothing is in hand. */
  async idle(): Promise<void> {
    await this.running;
  }

  private arrival(networkId: number, given: Inbound): Arrival {
    const inbound = storableInbound(given);
    const at = inbound.at && this.rooms.endpoint(inbound.at.id);
    return { networkId, inbound, at, ...(inbound.kind === 'echo' ? { delivery: this.keys.read(inbound.key) } : {}) };
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.nextBatch();
      try {
        const arrivals = batch.flatMap((one) => one.arrivals);
        const { verdicts, lines } = await this.append(arrivals);
        this.options.stored(lines);
        for (const one of batch) one.resolve(verdicts.splice(0, one.arrivals.length));
      } catch (error) {
        this.options.metrics.appendFailures.inc();
        for (const one of batch) one.reject(error);
      }
    }
    this.running = undefined;
  }

  private async append(arrivals: readonly Arrival[]): Promise<Appended> {
    const { metrics } = this.options;
    const began = performance.now();
    const appended = await this.written(arrivals);
    metrics.appendSeconds.observe((performance.now() - began) / 1000);
    metrics.appendSize.observe(arrivals.length);
    for (const { envelope, origin, receivedAt } of appended.lines) {
      const at = this.rooms.endpoint(origin);
      const { kind } = envelope.payload;
      if (!at) continue;
      metrics.entries.inc({ network: at.network, kind });
      if (kind !== 'membership') at.heardAt = receivedAt;
    }
    this.remember(appended.senders);
    return appended;
  }

  /** Settling may write the ids of a line in the moment in which its echo brings them: who is chosen to give way begins anew. */
  private async written(arrivals: readonly Arrival[]): Promise<Appended> {
    for (let turn = 1; ; turn += 1) {
      try {
        return await this.db.transaction((sql) => new Append(sql, this.context()).run(arrivals));
      } catch (error) {
        if ((error as { code?: unknown }).code !== DEADLOCK || turn === TURNS) throw error;
      }
    }
  }

  private nextBatch(): Waiting[] {
    let size = 0;
    const end = this.waiting.findIndex((one) => {
      size += one.arrivals.length;
      return size > MAX_BATCH;
    });
    return this.waiting.splice(0, end === -1 ? this.waiting.length : Math.max(end, 1));
  }

  private context(): ConstructorParameters<typeof Append>[1] {
    const { tenant, install, holder } = this.options;
    return {
      tenant,
      install,
      holder,
      now: new Date(),
      newId: randomUUID,
      knownSender: (networkId, sender) => this.known(networkId, sender),
    };
  }

  private known(networkId: number, sender: Sender): KnownSender | undefined {
    const known = this.senders.get(`${networkId} ${sender.key}`);
    return known && known.name === sender.name && known.address?.native === sender.address?.native ? known : undefined;
  }

  private remember(senders: readonly KnownSender[]): void {
    if (this.senders.size > MAX_SENDERS) this.senders.clear();
    for (const sender of senders) this.senders.set(`${sender.networkId} ${sender.key}`, sender);
  }
}
