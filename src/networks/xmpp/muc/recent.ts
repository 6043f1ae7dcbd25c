import type { NoteBook } from '../../network.ts';
import type { El } from '../wire/wire.ts';

const everyMs = 5000;

/** One line of the history that a room without an archive gives to newcomers. */
export interface Past {
  readonly el: El;
  readonly time: string;
}

/** When a room was last heard, over restarts: where its past is asked for if nothing better is known. */
export class Recent {
  private at: string | undefined;
  private before: string | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly notes: NoteBook,
    private readonly room: string,
  ) {}

  /** Before it was entered again. */
  get lastAt(): string | undefined {
    return this.before;
  }

  entering(): void {
    this.before = this.at;
  }

  async load(): Promise<void> {
    const text = await this.notes.get(this.note);
    if (text === undefined || this.at !== undefined) return;
    this.at = (JSON.parse(text) as { at: string }).at;
  }

  saw(time: string): void {
    this.at = time;
    this.timer ??= setTimeout(() => void this.save(), everyMs);
  }

  async save(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    // Best effort: without it there is a gap marker too many.
    if (this.at !== undefined) await this.notes.set(this.note, JSON.stringify({ at: this.at })).catch(() => undefined);
  }

  private get note(): string {
    return `recent:${this.room}`;
  }
}
