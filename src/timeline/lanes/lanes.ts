import type { EndpointRow } from '../../rooms/room.store.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import type { Line } from '../writing/append.ts';
import { type Behind, Lane, type LaneParts } from './lane.ts';

/** The lanes of all endpoints, and who wakes them. */
export class Lanes {
  private readonly rooms: Rooms;
  private readonly parts: LaneParts;
  private readonly lanes = new Map<number, Lane>();

  constructor(rooms: Rooms, parts: LaneParts) {
    this.rooms = rooms;
    this.parts = parts;
  }

  start(at: EndpointRow): void {
    if (this.lanes.has(at.id)) return;
    const lane = new Lane(at, this.parts);
    this.lanes.set(at.id, lane);
    lane.start();
  }

  async stop(at: EndpointRow, ms: number): Promise<void> {
    const lane = this.lanes.get(at.id);
    this.lanes.delete(at.id);
    await lane?.stop(ms);
  }

  /** Committed lines, in order, to the lanes of their rooms. */
  wake(lines: readonly Line[]): void {
    const byRoom = Map.groupBy(lines, (line) => line.room);
    for (const [room, some] of byRoom) {
      for (const at of this.rooms.in(room)) this.lanes.get(at.id)?.wake(some);
    }
  }

  /** A commit was not answered: nobody knows what is in the table. */
  lookAgain(): void {
    for (const lane of this.lanes.values()) lane.lookAgain();
  }

  /** Resolves true when everything that the endpoint was still to get has ended, false after `ms`. */
  async drained(at: EndpointRow, ms: number): Promise<boolean> {
    const until = Date.now() + ms;
    while (!(this.lanes.get(at.id)?.isIdle ?? true)) {
      if (Date.now() > until) return false;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return true;
  }

  /** Undefined: only the table knows. */
  behindBy(at: EndpointRow): Behind | undefined {
    return this.lanes.get(at.id)?.behindBy;
  }

  /** Takes nothing more, lets what is open end, writes the cursors. */
  async stopAll(ms: number): Promise<void> {
    await Promise.all([...this.lanes.values()].map((lane) => lane.stop(ms)));
    this.lanes.clear();
    await this.parts.writer.flush();
  }
}
