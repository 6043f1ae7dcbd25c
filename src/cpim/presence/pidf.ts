/** A presence document: PIDF (RFC 3863) with what RFC 4479 to 4482 add and we can say elsewhere. */

export const pidfNs = 'urn:ietf:params:xml:ns:pidf';
/** Extended status of RFC 3863 §4.2.4. */
export const imNs = 'urn:ietf:params:xml:ns:pidf:im';
export const dataModelNs = 'urn:ietf:params:xml:ns:pidf:data-model';
export const rpidNs = 'urn:ietf:params:xml:ns:pidf:rpid';
export const cipidNs = 'urn:ietf:params:xml:ns:pidf:cipid';
export const timedNs = 'urn:ietf:params:xml:ns:pidf:timed-status';

/** Lists that would be empty are absent. */
export interface Pidf {
  /** Whose presence it is: a `pres:` URI; others occur (RFC 4479 §3.1). */
  readonly entity: string;
  readonly tuples?: readonly Tuple[];
  readonly notes?: readonly Note[];
  readonly persons?: readonly Person[];
}

/** One client, or one other way to reach the presentity. */
export interface Tuple {
  /** An XML ID. What is read may be any text. */
  readonly id: string;
  readonly basic?: Basic;
  /** The `show` of RFC 8048 §6.2, an extended status whose namespace the caller knows. */
  readonly show?: string;
  /** The `im` of RFC 3863 §4.3.1. */
  readonly im?: string;
  /** A URI. */
  readonly contact?: string;
  /** From `0` to `1`, at most three decimals. Only with a contact. */
  readonly priority?: string;
  readonly notes?: readonly Note[];
  /** RFC 3339. */
  readonly timestamp?: string;
  readonly timed?: readonly TimedStatus[];
}

export type Basic = 'open' | 'closed';

export interface Note {
  readonly text: string;
  /** A BCP 47 tag; when read, that in effect. */
  readonly lang?: string;
}

/** A status in the past or the future (RFC 4481); it says nothing of now. */
export interface TimedStatus {
  readonly from: string;
  readonly until?: string;
  readonly basic?: Basic;
}

/** RFC 4479 §3.3. An absent member means that nothing is known, not that there is nothing (§3.6). */
export interface Person {
  readonly id: string;
  /** Names of elements of RFC 4480 §3.2 and §3.5, `on-the-phone`, `sleepy`. */
  readonly activities?: readonly string[];
  readonly moods?: readonly string[];
  readonly moodNote?: string;
  readonly userInput?: UserInput;
  /** RFC 4482: URIs, but the name. */
  readonly card?: string;
  readonly displayName?: string;
  readonly homepage?: string;
  readonly icon?: string;
  readonly notes?: readonly Note[];
}

/** RFC 4480 §3.14. */
export interface UserInput {
  readonly state: 'active' | 'idle';
  /** RFC 3339. */
  readonly lastInput?: string;
  /** Seconds. */
  readonly idleThreshold?: number;
}
