import type { Host } from '../../network.ts';
import { isObject, type Json, part, textOf } from '../event.ts';
import type { Room, Rooms } from '../rooms/rooms.ts';
import { type Client, roomPath } from '../wire/client.ts';
import type { Intake } from './intake.ts';

const pageSize = 100;
const mostPages = 20;
const atOnce = 8;

export interface CatchUpParts {
  readonly host: Host;
  readonly client: Client;
  readonly rooms: Rooms;
  readonly intake: Intake;
}

/**
 * What a homeserver has lost on its way to us. COMPAT(synapse): what waits for an application service while a transaction is
 * under way is kept in memory only, and is never sent again when the process dies, though the room has it. So after every
 * doubt about the homeserver the room itself is asked for what has come since the newest
 * event that is stored. What is stored already is known by its id.
 */
export class CatchUp {
  private readonly parts: CatchUpParts;
  private isDue = false;
  /** Rooms that have been asked since there was reason to. */
  private asked = new Set<string>();

  constructor(parts: CatchUpParts) {
    this.parts = parts;
  }

  /** The homeserver may have died: nothing that it sends is read before its rooms have been asked. */
  mark(): void {
    this.isDue = true;
    this.asked = new Set();
  }

  /**
   * Before the first event of a room is read: while we were away the homeserver may have died, too. In the intake's turn. Rejects
   * if the homeserver does not answer.
   */
  async before(room: Room): Promise<void> {
    if (this.asked.has(room.id)) return;
    await this.room(room);
    this.asked.add(room.id);
  }

  /** If it is due: all rooms. In the intake's turn. Rejects if the homeserver does not answer; then it stays due. */
  async run(): Promise<void> {
    if (!this.isDue) return;
    this.isDue = false;
    try {
      await this.all(this.parts.rooms.attached());
    } catch (error) {
      this.isDue = true;
      throw error;
    }
  }

  /** As `before`, for several. */
  async all(rooms: readonly Room[]): Promise<void> {
    const waiting = rooms.values();
    const some = async (): Promise<void> => {
      for (const room of waiting) await this.before(room);
    };
    await Promise.all(Array.from({ length: atOnce }, some));
  }

  private async room(room: Room): Promise<void> {
    const newest = await this.parts.host.marker(room.at);
    const { direct } = room.at.settings;
    if (newest === undefined && direct === undefined) return;
    const isOld = (event: Json): boolean =>
      newest === undefined ? isInvitation(event, direct?.ghost) : textOf(event, 'event_id') === newest;
    const missed = await this.since(room, isOld);
    if (missed.length > 0) await this.parts.intake.feed(missed);
  }

  /** The events after the one that is old, oldest first; what is older than the last page is given up. */
  private async since(room: Room, isOld: (event: Json) => boolean): Promise<unknown[]> {
    const missed: unknown[] = [];
    let from: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const query = { dir: 'b', limit: String(pageSize), ...(from === undefined ? {} : { from }) };
      const reply = await this.parts.client.call('GET', roomPath(room.id, 'messages'), { query });
      if (reply.kind === 'fault' && reply.errcode === 'M_FORBIDDEN') return [];
      if (reply.kind === 'fault') throw new Error(`the history of a room cannot be read: ${reply.text}`);
      const { chunk } = reply.body;
      for (const event of Array.isArray(chunk) ? chunk : []) {
        if (isObject(event) && isOld(event)) return missed.reverse();
        missed.push(isObject(event) ? { ...event, room_id: room.id } : event);
      }
      from = textOf(reply.body, 'end');
      if (from === undefined) return missed.reverse();
    }
    this.parts.host.log.warn('a room has more unseen history than is fetched', { endpoint: room.at.id, events: missed.length });
    return missed.reverse();
  }
}

/** Whoever begins a chat may write before the ghost has come: what counts begins with his invitation. */
function isInvitation(event: Json, ghost: string | undefined): boolean {
  return event.type === 'm.room.member' && event.state_key === ghost && part(event, 'content').membership === 'invite';
}
