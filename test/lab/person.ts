/** One line as somebody's client shows it. */
export interface Line {
  readonly by: string;
  readonly text: string;
  /** When this client got it, epoch milliseconds. */
  readonly at: number;
  /** The id that the place gave it, where it gives one. */
  readonly id: string | undefined;
}

/** Somebody entered or left a room, as a client was told. */
export interface Coming {
  readonly who: string;
  readonly change: 'came' | 'left';
}

/** Somebody with a real client, in one or more rooms. */
export interface Person {
  readonly side: 'xmpp' | 'matrix';
  /** The name shown, as the play goes on. */
  name: string;
  /** What this client shows of a room, from the moment it entered. */
  heard(room: string): readonly Line[];
  /** Who is in the room, as this client shows it. */
  present(room: string): readonly string[];
  /** Who has come and gone since this client entered. */
  comings(room: string): readonly Coming[];
  say(room: string, text: string): Promise<void>;
  emote(room: string, text: string): Promise<void>;
  rename(name: string, room: string): Promise<void>;
  leave(room: string): Promise<void>;
  close(): Promise<void>;
}
