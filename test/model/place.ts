import type { Payload } from '../../src/cpim/envelope.ts';
import type { Scheduler } from './scheduler.ts';

/** What a native person said. */
export interface Said {
  readonly name: string;
  readonly payload: Payload;
  /** The native id of what it answers. */
  readonly answers?: string;
}

/** One line as everybody at a place sees it. */
export interface PlaceLine {
  readonly id: string;
  readonly said?: Said;
  /** Ours: the delivery that it came with, and who spoke. */
  readonly ours?: { readonly key: string; readonly part: number; readonly by: string };
  /** The archive has lost it; whoever was not there when it was said never hears of it. */
  isForgotten?: boolean;
}

/** A room outside of us: it outlives every process, and never forgets who said what in which order. */
export class Place {
  readonly native: string;
  readonly lines: PlaceLine[] = [];
  readonly members = new Set<string>();
  /** Native ids of lines whose authors were told that they could not be delivered. */
  readonly told: string[] = [];
  /** Accounts of ours that may not speak here. */
  readonly banned = new Set<string>();

  constructor(native: string) {
    this.native = native;
  }
}

/** How a network is, for one seed. */
export interface ServerTraits {
  /** `push`: brings transactions until each is acknowledged, and knows our keys. `stream`: is read, has an archive, knows no keys. */
  readonly wire: 'push' | 'stream';
  readonly window: number;
  /** On a `push` wire: our own lines come back to us. A stream always shows them. */
  readonly echoes: boolean;
}

/** What goes wrong with deliveries now, in percent each. */
export interface ServerTrouble {
  retry: number;
  lost: number;
  unanswered: number;
  silent: number;
  again: number;
}

/** The connection of one process, as its server sees it. */
export interface Connection {
  /** Something new is to be fetched or brought. */
  news(): void;
  /** The connection has ended, from the other side. */
  cut(): void;
}

/** A server with its places: the outside of one network. */
export class Server {
  readonly name: string;
  readonly traits: ServerTraits;
  readonly places = new Map<string, Place>();
  readonly trouble: ServerTrouble = { retry: 0, lost: 0, unanswered: 0, silent: 0, again: 0 };
  /** In the order in which everything was said, in all its places. */
  readonly log: { readonly place: Place; readonly line: PlaceLine }[] = [];
  /** On a `push` wire: how much of the log was acknowledged. */
  acknowledged = 0;
  isUp = true;
  connection: Connection | undefined;
  private readonly scheduler: Scheduler;
  private lines = 0;

  constructor(name: string, traits: ServerTraits, scheduler: Scheduler) {
    this.name = name;
    this.traits = traits;
    this.scheduler = scheduler;
  }

  place(native: string): Place {
    const place = this.places.get(native) ?? new Place(native);
    this.places.set(native, place);
    return place;
  }

  /** Returns the native id. */
  says(place: Place, said: Said): string {
    return this.add(place, { said }).id;
  }

  /** One part of a delivery reaches the place. A server that knows our keys takes each of them once. */
  hear(place: Place, key: string, part: number, by: string): string {
    const same = (line: PlaceLine): boolean => line.ours?.key === key && line.ours.part === part;
    const known = this.traits.wire === 'push' ? place.lines.find(same) : undefined;
    return (known ?? this.add(place, { ours: { key, part, by } })).id;
  }

  /** The newcomer is the one who is served; whoever was there before is cut off. */
  connect(connection: Connection): void {
    if (this.connection !== connection) this.connection?.cut();
    this.connection = connection;
  }

  goDown(): void {
    this.isUp = false;
    this.scheduler.note(`${this.name} goes down`);
    this.connection?.cut();
    this.connection = undefined;
  }

  private add(place: Place, what: Omit<PlaceLine, 'id'>): PlaceLine {
    this.lines += 1;
    const line = { id: `${this.name}${this.lines}`, ...what };
    place.lines.push(line);
    this.log.push({ place, line });
    this.scheduler.note(
      `${place.native} shows ${line.id} ${line.ours ? `ours ${line.ours.key} ${line.ours.part}` : textOf(line.said)}`,
    );
    this.connection?.news();
    return line;
  }
}

function textOf(said: Said | undefined): string {
  const payload = said?.payload;
  if (!payload) return '';
  return payload.kind === 'text' ? payload.text : `${payload.kind}${'target' in payload ? ` of ${payload.target.id.value}` : ''}`;
}
