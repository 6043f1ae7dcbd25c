import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { IdleSeat } from '../../identity/seat.store.ts';
import type { Seats } from '../../identity/seats.ts';
import type { Delivery, Log } from '../../networks/network.ts';
import type { Networks } from '../../rooms/networks.ts';
import type { EndpointRow } from '../../rooms/room.store.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import type { Keys } from '../key.ts';
import type { Courier } from '../lanes/courier.ts';
import type { Links } from '../links.ts';

export interface IdlersParts {
  readonly rooms: Rooms;
  readonly networks: Networks;
  readonly seats: Seats;
  readonly courier: Courier;
  readonly links: Links;
  readonly keys: Keys;
  readonly log: Log;
  /** After how many days of silence a ghost leaves; 0: never. */
  readonly days: number;
}

/** One ghost of each room at most leaves in this time: nobody sees a room empty itself. */
const EVERY_MS = 10 * 60_000;
/** Between two rooms. */
const APART_MS = 250;
const PATIENCE_MS = 30_000;

/**
 * Ghosts that have been silent for long leave: each of them costs the server, and us, a copy of every line. They come back with
 * the name they had when they speak. Rooms that want all of the other side in them keep theirs.
 */
export class Idlers {
  private readonly parts: IdlersParts;
  private readonly ending = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(parts: IdlersParts) {
    this.parts = parts;
  }

  start(): void {
    if (this.parts.days === 0) return;
    this.timer = setInterval(() => this.wake(), EVERY_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    clearInterval(this.timer);
    await this.running;
  }

  /** Lets one ghost leave in each room that has idle ones. */
  async sweep(apartMs = APART_MS): Promise<void> {
    const { rooms, seats, days } = this.parts;
    const usable = [...rooms.all()].filter((at) => this.isUsable(at)).map((at) => at.id);
    for (const idle of await seats.idle(usable, days)) {
      const at = rooms.endpoint(idle.endpoint);
      if (this.ending.signal.aborted) return;
      if (at && this.isUsable(at)) await this.leave(at, idle);
      await setTimeout(apartMs, undefined, { signal: this.ending.signal, ref: false }).catch(() => undefined);
    }
  }

  private wake(): void {
    this.running ??= this.sweep()
      .catch((error: unknown) => this.parts.log.warn('idle ghosts could not leave', { reason: String(error) }))
      .finally(() => (this.running = undefined));
  }

  private isUsable(at: EndpointRow): boolean {
    const { networks } = this.parts;
    return (
      at.state === 'active' && !at.settings.direct && at.settings.seats === 'speak' && at.isEntered && networks.isUp(at.network)
    );
  }

  private async leave(at: EndpointRow, { ghost, sender }: IdleSeat): Promise<void> {
    const { courier, log, networks } = this.parts;
    // From here on a line of this ghost goes alone: it may have to enter first.
    courier.gaveUp(at, sender);
    const outcome = await networks.get(at.network).network.deliver(this.leaving(at, ghost));
    courier.gaveUp(at, sender);
    if (outcome.kind === 'sent') log.info('an idle ghost has left', { endpoint: at.id, ghost: ghost.id });
    else log.warn('an idle ghost could not leave', { endpoint: at.id, ghost: ghost.id, why: outcome.why.code });
  }

  /** The same as if its person had left; nobody has, so there is no line of it in the timeline. */
  private leaving(at: EndpointRow, ghost: IdleSeat['ghost']): Delivery {
    const address = ghost.address.uri;
    return {
      key: this.parts.keys.make({ endpoint: at.id, seq: 0 }),
      at,
      as: ghost,
      envelope: {
        id: randomUUID(),
        from: { uri: address, name: ghost.name },
        to: { uri: at.address.uri },
        time: new Date().toISOString(),
        payload: { kind: 'membership', change: 'leave', name: ghost.name },
        trace: [],
        extensions: [],
        degradations: [],
      },
      targets: [],
      done: [],
      deadline: Date.now() + PATIENCE_MS,
    };
  }
}
