/**
 * The Envelope: one thing that happened in a room, in CPIM terms. It is plain JSON (it may cross to another process) and
 * serialises to a `Message/CPIM` object (RFC 3862) and back without loss; see message.ts and carry.ts.
 */

/**
 * A native id of one message part at one endpoint. A strong id is given by the place itself and unique there (an event id,
 * a stanza-id); a weak one is a client's own and may repeat.
 */
export interface Id {
  readonly kind: string;
  readonly value: string;
  readonly strong: boolean;
}

/** Somebody or somewhere: an `im:` URI and the name shown for it. */
export interface Party {
  readonly uri: string;
  readonly name?: string;
}

/** The message that another one is about, by its native id at the origin; author and excerpt as the origin showed them. */
export interface Target {
  readonly id: Id;
  readonly author?: string;
  readonly excerpt?: string;
}

export interface Text {
  readonly kind: 'text';
  /** `emote` is `/me`; `automated` is what software says (a bot's notice), which must never be answered by software. */
  readonly manner: 'plain' | 'emote' | 'automated';
  readonly text: string;
  /** A BCP 47 tag. */
  readonly lang?: string;
  /** The same in other languages, as its author gave it. */
  readonly translations?: readonly Translation[];
  readonly spans?: readonly Span[];
  readonly mentions?: readonly Mention[];
}

/** `block`: lines of code; `quote`: lines of another message; `spoiler`: hidden until one wants to see it. */
export const styles = ['strong', 'emphasis', 'underline', 'strike', 'code', 'block', 'quote', 'spoiler', 'link'] as const;
export type Style = (typeof styles)[number];

/** A stretch of a text; offsets count Unicode code points, and the one at `end` is no part of it. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** How a stretch is shown. Of two spans one lies in the other, and then the outer one comes first, or they lie apart, in order. */
export interface Span extends Stretch {
  readonly style: Style;
  /** Of a link. */
  readonly href?: string;
  /** Of a block: what the code is written in. */
  readonly language?: string;
}

/** Somebody whose attention is asked for; absent: everybody in the room. Where he is named in the text, if he is. */
export interface Mention extends Partial<Stretch> {
  readonly who?: Party;
}

export interface Translation {
  /** A BCP 47 tag. */
  readonly lang: string;
  readonly text: string;
}

export interface Media {
  readonly kind: 'media';
  readonly sort: 'image' | 'video' | 'audio' | 'voice' | 'sticker' | 'file' | 'location';
  readonly name: string;
  /** A URL that anybody in the room may open, where there is one. */
  readonly url?: string;
  readonly mediaType?: string;
  /** In octets. */
  readonly size?: number;
  readonly caption?: string;
}

export interface Edit {
  readonly kind: 'edit';
  readonly target: Target;
  readonly text: Text;
}

export interface Retraction {
  readonly kind: 'retraction';
  readonly target: Target;
  readonly by: 'author' | 'moderator';
  readonly reason?: string;
}

/** `set` replaces all that this sender has given to the target; `add` and `remove` change it. */
export interface Reaction {
  readonly kind: 'reaction';
  readonly target: Target;
  readonly mode: 'set' | 'add' | 'remove';
  readonly emoji: readonly string[];
}

export interface Membership {
  readonly kind: 'membership';
  readonly change: 'join' | 'leave' | 'rename';
  /** The name from now on; for a leave, the name it was. */
  readonly name: string;
  /** Why somebody left. `lost`: the connection or the server went away. */
  readonly cause?: 'left' | 'kicked' | 'banned' | 'lost';
  readonly by?: string;
  readonly reason?: string;
}

export interface Invitation {
  readonly kind: 'invitation';
  readonly to: Party;
  readonly reason?: string;
}

/** What the room or the bridge itself says, nobody's words: a gap in the history, a changed topic. */
export interface Notice {
  readonly kind: 'notice';
  readonly text: string;
}

/** A payload that we carry without understanding it. The octets are exact. */
export interface Opaque {
  readonly kind: 'opaque';
  readonly sort: 'encrypted' | 'signed' | 'foreign';
  readonly mediaType: string;
  /** The octets, in base64. */
  readonly base64: string;
  /** What to call it where it cannot be carried: "an encrypted message", "a poll". */
  readonly label: string;
}

export type Payload = Text | Media | Edit | Retraction | Reaction | Membership | Invitation | Notice | Opaque;

/** A message header of a namespace that is not ours, kept as it came (RFC 3862 §2.2, §3.4). `value` is the wire form. */
export interface Extension {
  readonly ns: string;
  readonly name: string;
  readonly lang?: string;
  /** Other parameters, as written: `;a=b`. */
  readonly params?: string;
  readonly value: string;
}

/** One loss on the way to a target, by the feature that it could not show. */
export interface Degradation {
  readonly feature: Feature;
  readonly level: Exclude<Level, 'full'>;
}

export interface Envelope {
  /** Unique for all time (RFC 5438 §6.3), at least 64 random bits. */
  readonly id: string;
  readonly from: Party;
  /** The room or the person it was said to. */
  readonly to: Party;
  /** RFC 3339, UTC, with milliseconds. What the origin claims; it never decides the order. */
  readonly time: string;
  readonly payload: Payload;
  readonly reply?: Target;
  /** The root message of a thread, by its native id at the origin. */
  readonly thread?: Id;
  /** The installs it has passed, oldest first. */
  readonly trace: readonly string[];
  readonly extensions: readonly Extension[];
  readonly degradations: readonly Degradation[];
}

/** What an endpoint may or may not be able to show. */
export const features = [
  'text',
  'emote',
  'automated',
  'media',
  'edit',
  'retraction',
  'reaction',
  'reply',
  'thread',
  'membership',
  'rename',
  'invitation',
  'notice',
  'opaque',
  'identity',
  'length',
  'languages',
  'formatting',
  'mentions',
] as const;
export type Feature = (typeof features)[number];

/** `fallback`: readable, in a named other form; `dropped`: it goes on without; `rejected`: the sender gets an error. */
export type Level = 'full' | 'partial' | 'fallback' | 'dropped' | 'rejected';
