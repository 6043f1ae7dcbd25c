import type { Inbound } from '../../network.ts';
import type { Inbox } from '../inbox.ts';

export interface Item {
  readonly item: Inbound;
  /** The id under which the archive will return it. */
  readonly stanzaId?: string | undefined;
  readonly fate?: Fate | undefined;
}

/** What becomes of an item that somebody waits for. */
export interface Fate {
  stored(): void;
  /** Let go before it was stored; it will come again. */
  lost(): void;
}

const most = 2000;

/**
 * The seam between the archive and the live room: while the one is read, the other waits here. What waits too long is let go
 * if the archive has it, and read from there.
 */
export class Intake {
  private held: Item[] | undefined;

  constructor(private readonly inbox: Inbox) {}

  get holding(): boolean {
    return this.held !== undefined;
  }

  live(one: Item): void {
    if (this.held === undefined) return this.inbox.push(one.item, one.fate?.stored);
    this.held.push(one);
    if (this.held.length > most)
      this.held = this.held.filter((other) => other.stanzaId === undefined || other.fate !== undefined);
  }

  /** What the archive returned: before everything that waits. */
  past(one: Item): void {
    this.inbox.push(one.item, one.fate?.stored);
  }

  hold(): void {
    this.held ??= [];
  }

  /** True if this archived line is among those that wait: the archive and the live room have met. */
  met(stanzaId: string): boolean {
    return this.held?.some((one) => one.stanzaId === stanzaId) ?? false;
  }

  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const one of held) this.inbox.push(one.item, one.fate?.stored);
  }

  /** The stream is gone: the archive will return what has an id; with the next roster the rest is stale. */
  discard(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const one of held) one.fate?.lost();
  }
}
