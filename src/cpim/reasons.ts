/**
 * Why something could not be done, in one list for every protocol. Each protocol's folder maps its own errors to and from it.
 * The first group has a status in CPIM (RFC 3860 §3.4.1); the others say what a bridge meets besides.
 */
export const reasonCodes = [
  'bad-address',
  'unknown-target',
  'forbidden',
  'unresolvable',
  'timeout',
  'unsupported-type',
  'too-large',
  'loop',
  'require-unknown',
  'undecipherable',
  'overload',
  'duplicate-subscription',
  // A place that does not let us, or our ghost, in.
  'members-only',
  'banned',
  'full',
  'password',
  'moderated',
  'name-taken',
  'encrypted',
  'gone',
  // What the other side says of the person, the request or itself.
  'moved',
  'absent',
  'not-served',
  'not-allowed',
  'not-subscribed',
  'policy',
  'unacceptable',
  'untimely',
  'unknown-domain',
  'fault',
  'unknown',
  // Our own side and the way there.
  'unreachable',
  'expired',
  'malformed',
  'already-linked',
  'unsupported',
  'internal',
] as const;

export type ReasonCode = (typeof reasonCodes)[number];

/** `text` is for people, in English, one sentence without a final stop; it never holds a message body. */
export interface Reason {
  readonly code: ReasonCode;
  readonly text?: string;
  /** What it is true of, where that is known: one client of a person, or the person with all of them. */
  readonly scope?: 'device' | 'person';
  /** `gone`, `moved`: the `im:` URI from now on. */
  readonly address?: string;
}

export function reason(code: ReasonCode, text?: string): Reason {
  return text === undefined ? { code } : { code, text };
}

/** How an operation of CPIM ended: it is done, or somebody else has taken it over; or why it is not (RFC 3860 §3.4.1). */
export type ResultCode = 'delivered-final' | 'accepted-relay' | ReasonCode;
/** The spelling is that of the RFC. */
export type OperationStatus = 'success' | 'indeterminant' | 'failure';

export function statusOf(code: ResultCode): OperationStatus {
  if (code === 'delivered-final') return 'success';
  return code === 'accepted-relay' ? 'indeterminant' : 'failure';
}

/** What a presence service says to a subscribe (RFC 3922 §6.1). */
export type Denial = 'invalid-target' | 'access-denied' | 'duplicate';
export const denials: Readonly<Record<Denial, ReasonCode>> = {
  'invalid-target': 'unknown-target',
  'access-denied': 'forbidden',
  duplicate: 'duplicate-subscription',
};
