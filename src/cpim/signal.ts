import type { Id, Party } from './envelope.ts';
import type { ChatState } from './notification/composing.ts';
import type { ImdnType } from './notification/imdn.ts';
import type { Pidf } from './presence/pidf.ts';

/**
 * Beside the envelope: what counts by its latest value alone. Never in a timeline, lost where it cannot be shown, and never the cause
 * of a message or of another signal.
 */
export type Signal = Typing | Receipt | Presence;

interface Heading {
  readonly from: Party;
  /** The room, or the person. */
  readonly to: Party;
  /** RFC 3339, UTC. */
  readonly time: string;
  /** The installs it has passed, oldest first. */
  readonly trace: readonly string[];
}

export interface Typing extends Heading {
  readonly kind: 'typing';
  readonly state: ChatState;
  /** How long it counts without another one, in seconds. */
  readonly refresh?: number;
}

/** What became of a message: that it was delivered, or, up to it, all was read. */
export interface Receipt extends Heading {
  readonly kind: 'receipt';
  /** By its native id at the origin of the receipt. */
  readonly of: Id;
  /** When that message says that it was sent. */
  readonly sent: string;
  readonly type: ImdnType;
  /** One of those of its type (RFC 5438 §11.1). */
  readonly status: string;
}

export interface Presence extends Heading {
  readonly kind: 'presence';
  readonly document: Pidf;
}
