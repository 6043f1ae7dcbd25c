import type { Ghost, Host } from '../../network.ts';
import { isObject } from '../event.ts';
import type { Room } from '../rooms/rooms.ts';
import type { Taken } from './seats.ts';

const longestPause = 300_000;
const pauseMs = 5000;

export interface NewcomersParts {
  readonly host: Host;
  /** In the room's turn. */
  seat(room: Room, ghost: Ghost): Promise<Taken>;
}

/**
 * Ghosts that only come to sit (`seats: all`) and that the homeserver does not let in so fast (`rc_joins_per_room`). Lines do not wait
 * for them: they enter one after the other, at the pace that it asks for, also after a restart. Whoever speaks does not wait here.
 */
export class Newcomers {
  /** By room id, in the order in which they came. */
  private readonly waiting = new Map<string, Ghost[]>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private stopped = false;

  constructor(private readonly parts: NewcomersParts) {}

  /** A room that is attached, perhaps not for the first time. */
  async resume(room: Room): Promise<void> {
    const ghosts = read(await this.parts.host.notes.get(note(room)));
    if (ghosts.length === 0) return;
    this.waiting.set(room.id, ghosts);
    this.next(room, 0);
  }

  async add(room: Room, ghost: Ghost, afterMs: number): Promise<void> {
    const others = this.in(room).filter((other) => other.id !== ghost.id);
    await this.keep(room, [...others, ghost]);
    if (others.length === 0) this.next(room, afterMs);
  }

  /** It speaks, or goes. */
  async drop(room: Room, ghost: Ghost): Promise<void> {
    const others = this.in(room).filter((other) => other.id !== ghost.id);
    if (others.length < this.in(room).length) await this.keep(room, others);
  }

  /** Somebody waits: who comes now waits behind. */
  isBusy(room: Room): boolean {
    return this.in(room).length > 0;
  }

  /** The room is not linked any more. */
  async forget(room: Room): Promise<void> {
    clearTimeout(this.timers.get(room.id));
    this.timers.delete(room.id);
    if (this.isBusy(room)) await this.keep(room, []);
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private in({ id }: Room): readonly Ghost[] {
    return this.waiting.get(id) ?? [];
  }

  private next(room: Room, afterMs: number): void {
    if (this.stopped) return;
    clearTimeout(this.timers.get(room.id));
    const timer = setTimeout(() => void this.enter(room), Math.min(afterMs, longestPause));
    this.timers.set(room.id, timer.unref());
  }

  private async enter(room: Room): Promise<void> {
    const [ghost] = this.in(room);
    if (!ghost || this.stopped) return;
    const pause = await this.seat(room, ghost).catch((error: unknown) => {
      this.parts.host.log.warn('a ghost could not enter, trying again', { reason: String(error) });
      return pauseMs;
    });
    if (this.isBusy(room)) this.next(room, pause);
  }

  /** How long the next one has to wait, in ms. */
  private async seat(room: Room, ghost: Ghost): Promise<number> {
    const taken = await this.parts.seat(room, ghost);
    if (taken.kind === 'retry') return taken.afterMs ?? pauseMs;
    if (taken.kind === 'refused')
      this.parts.host.log.info('a ghost may not enter', { endpoint: room.at.id, why: taken.why.code });
    await this.drop(room, ghost);
    return 0;
  }

  private keep(room: Room, ghosts: Ghost[]): Promise<void> {
    if (ghosts.length > 0) this.waiting.set(room.id, ghosts);
    else this.waiting.delete(room.id);
    return this.parts.host.notes.set(note(room), ghosts.length > 0 ? JSON.stringify(ghosts) : '');
  }
}

function note({ id }: Room): string {
  return `newcomers ${id}`;
}

function read(text: string | undefined): Ghost[] {
  const ghosts: unknown = text ? JSON.parse(text) : [];
  return Array.isArray(ghosts) ? (ghosts.filter(isObject) as unknown as Ghost[]) : [];
}
