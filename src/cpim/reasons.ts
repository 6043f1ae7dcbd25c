/**
 * Why something could not be done, in one list for every protocol. Each protocol's folder maps its own errors to and from it.
 * The first group has a status in CPIM (RFC 3860 §3.4.1); the second says what a bridge meets besides.
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
}

export function reason(code: ReasonCode, text?: string): Reason {
  return text === undefined ? { code } : { code, text };
}
