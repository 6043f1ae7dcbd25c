import type { Feature, Level } from './envelope.ts';

/** What one endpoint can carry. Pure data, known without I/O. */
export interface Capabilities {
  readonly features: Readonly<Record<Feature, Level>>;
  /** The longest text of one part, in octets of UTF-8; absent: no limit of its own. */
  readonly textOctets?: number;
  /** How many deliveries may be open at once without losing their order. */
  readonly window: number;
  /** What `sent` means here: taken by the place itself, or only written to the wire. */
  readonly proof: 'accepted' | 'written';
  /** There is an archive that can be asked what has arrived. */
  readonly archive: boolean;
}
