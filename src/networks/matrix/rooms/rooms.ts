import type { Endpoint, NoteBook } from '../../network.ts';
import { isObject } from '../event.ts';
import { Recent } from '../recent.ts';
import { Secrecy } from './secrecy.ts';

const nothing = Promise.resolve();

/** An attached room. */
export class Room {
  readonly secrecy = new Secrecy();
  private tail: Promise<unknown> = nothing;
  private held: Map<string, string> | undefined;

  constructor(
    readonly id: string,
    readonly at: Endpoint,
  ) {}

  /** The name under which each ghost sits here, by its user id. Most rooms are quiet, and need none until somebody asks. */
  get seats(): Map<string, string> {
    this.held ??= new Map();
    return this.held;
  }

  /** Whose eyes and voice we have here: the bot's, but in a direct chat the ghost's. */
  voice(bot: string): string {
    return this.at.settings.direct?.ghost ?? bot;
  }

  /** One after the other: two sends at once have no order. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.tail.then(work);
    this.tail = turn.catch(() => {
      // Whoever asked hears of it; the next one is not concerned.
    });
    return turn;
  }
}

const strangersKept = 10_000;

/**
 * The attached rooms. What was attached in an earlier life is in the notes: a homeserver sends what it has as soon as it reaches us,
 * which may be before the core has attached anything again.
 */
export class Rooms {
  private readonly byId = new Map<string, Room>();
  private readonly byEndpoint = new Map<number, Room>();
  private readonly strangers = new Recent<true>(strangersKept);

  constructor(
    private readonly notes: NoteBook,
    /** Told who looks into a room where the bot is not. */
    private readonly eyes: (roomId: string, userId: string | undefined) => void,
  ) {}

  has(at: Endpoint): boolean {
    return this.byEndpoint.has(at.id);
  }

  /** Our ghost looks, if it is a direct chat. */
  look(room: Room): void {
    if (room.at.settings.direct) this.eyes(room.id, room.at.settings.direct.ghost);
  }

  /** One that was noted in an earlier life. */
  adopt(room: Room): void {
    this.look(room);
    this.byEndpoint.set(room.at.id, room);
  }

  get(at: Endpoint): Room | undefined {
    return this.byEndpoint.get(at.id);
  }

  attached(): Room[] {
    return [...this.byEndpoint.values()];
  }

  /** By its id. Undefined: it was never linked, or is no more. */
  async find(id: string): Promise<Room | undefined> {
    const known = this.byId.get(id);
    if (known || this.strangers.get(id)) return known;
    const at = read(await this.notes.get(note(id)));
    const room = at && new Room(id, at);
    if (room) await this.readSecrecy(room);
    const meanwhile = this.byId.get(id);
    if (meanwhile) return meanwhile;
    if (!room) {
      this.strangers.set(id, true);
      return undefined;
    }
    this.look(room);
    this.byId.set(id, room);
    return room;
  }

  /** It is attached under another endpoint: two links of one room would take its events from each other. */
  isTaken(id: string, at: Endpoint): boolean {
    const other = this.byId.get(id)?.at.id;
    return other !== undefined && other !== at.id && this.byEndpoint.has(other);
  }

  async wasLinked(id: string, at: Endpoint): Promise<boolean> {
    return (await this.find(id))?.at.id === at.id;
  }

  async add(room: Room): Promise<void> {
    const { id, room: inRoom, network, settings } = room.at;
    await this.notes.set(note(room.id), JSON.stringify({ id, room: inRoom, network, settings, address: room.at.address }));
    this.byId.set(room.id, room);
    this.adopt(room);
    this.strangers.delete(room.id);
  }

  async remove(room: Room): Promise<void> {
    this.byEndpoint.delete(room.at.id);
    // Another link may have the room by now.
    if (this.byId.get(room.id)?.at.id !== room.at.id) return;
    this.byId.delete(room.id);
    this.eyes(room.id, undefined);
    await this.notes.set(note(room.id), '');
    if (room.secrecy.isAnnounced) await this.notes.set(secrecyNote(room.id), '');
  }

  /** Its encryption has been announced; remembered over restarts. */
  noteSecrecy(room: Room): Promise<void> {
    return this.notes.set(secrecyNote(room.id), 'announced');
  }

  async readSecrecy(room: Room): Promise<void> {
    if (!(await this.notes.get(secrecyNote(room.id)))) return;
    room.secrecy.isAnnounced = true;
    room.secrecy.begin();
  }
}

function note(id: string): string {
  return `room ${id}`;
}

function secrecyNote(id: string): string {
  return `encrypted ${id}`;
}

function read(text: string | undefined): Endpoint | undefined {
  const at: unknown = text ? JSON.parse(text) : undefined;
  return isObject(at) ? (at as unknown as Endpoint) : undefined;
}
