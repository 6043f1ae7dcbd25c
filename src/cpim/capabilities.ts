import type { Feature, Level, Style } from './envelope.ts';

/** What one endpoint can carry. Pure data, known without I/O. */
export interface Capabilities {
  /**
   * The quality of an identity is the level of `identity`. `full`: each speaker has an account of his own; `partial`: a name of his
   * own, the account is shared; `fallback`: the text says who speaks; `dropped`: nothing does.
   */
  readonly features: Readonly<Record<Feature, Level>>;
  /** The longest text of one part, in octets of UTF-8; absent: no limit of its own. */
  readonly textOctets?: number;
  /** What can be shown of formatting; absent: all of it. */
  readonly styles?: readonly Style[];
  /** The longest text that may be formatted, in octets of UTF-8; absent: no limit of its own. */
  readonly styledOctets?: number;
  /** How many deliveries may be open at once without losing their order. */
  readonly window: number;
  /** What `sent` means here: taken by the place itself, or only written to the wire. */
  readonly proof: 'accepted' | 'written';
  /** There is an archive that can be asked what has arrived. */
  readonly archive: boolean;
}
