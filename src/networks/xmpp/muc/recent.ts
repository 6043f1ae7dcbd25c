import { hash } from 'node:crypto';
import type { NoteBook } from '../../network.ts';
import type { El } from '../wire/wire.ts';

const kept = 64;
const everyMs = 5000;

interface Saved {
  readonly at: string;
  readonly lines: readonly string[];
}

/** One line of the history that a room without an archive gives to newcomers. */
export interface Past {
  readonly el: El;
  readonly time: string;
}

/**
 * The last lines of a room that has no archive: what of the join history is new after an outage, and whether something may be
 * missing between it and what we know.
 */
export class Recent {
  private lines: string[] = [];
  private at: string | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly notes: NoteBook,
    private readonly room: string,
  ) {}

  get lastAt(): string | undefined {
    return this.at;
  }

  async load(): Promise<void> {
    const text = await this.notes.get(this.note);
    if (text === undefined || this.at !== undefined) return;
    const saved = JSON.parse(text) as Saved;
    this.at = saved.at;
    this.lines = [...saved.lines];
  }

  saw(el: El, time: string, withLines: boolean): void {
    this.at = time;
    if (withLines) {
      this.lines.push(digest(el));
      if (this.lines.length > kept) this.lines.shift();
    }
    this.timer ??= setTimeout(() => void this.save(), everyMs);
  }

  /** What is new in the history; `gap` if it does not reach back to a line that we know. */
  fresh(history: readonly Past[]): { lines: readonly Past[]; gap: boolean } {
    const known = new Set(this.lines);
    const overlap = history.findLastIndex((one) => known.has(digest(one.el)));
    if (overlap >= 0) return { lines: history.slice(overlap + 1), gap: false };
    const since = this.at;
    const lines = since === undefined ? [] : history.filter((one) => one.time > since);
    return { lines, gap: true };
  }

  async save(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.at === undefined) return;
    const saved: Saved = { at: this.at, lines: this.lines };
    // Best effort: without it there is a gap marker too many, or a line of history twice.
    await this.notes.set(this.note, JSON.stringify(saved)).catch(() => undefined);
  }

  private get note(): string {
    return `recent:${this.room}`;
  }
}

function digest(el: El): string {
  const parts = [el.attrs.from, el.attrs.id, el.getChildText('body')].map((one) => one ?? '');
  return hash('sha256', parts.join('\0'), 'base64url').slice(0, 16);
}
