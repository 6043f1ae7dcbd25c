/** One line as somebody's client shows it. */
export interface Line {
  readonly by: string;
  readonly text: string;
  /** When this client got it, epoch milliseconds. */
  readonly at: number;
  /** The id that the place gave it, where it gives one. */
  readonly id: string | undefined;
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
  say(room: string, text: string): Promise<void>;
  emote(room: string, text: string): Promise<void>;
  rename(name: string, room: string): Promise<void>;
  leave(room: string): Promise<void>;
  close(): Promise<void>;
}
