import type { ReasonCode } from '../../../cpim/reasons.ts';

/** The defined conditions of a stanza error, each with the type that RFC 6120 §8.3.3 recommends first. */
export const conditionTypes = {
  'bad-request': 'modify',
  conflict: 'cancel',
  'feature-not-implemented': 'cancel',
  forbidden: 'auth',
  gone: 'cancel',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'jid-malformed': 'modify',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'not-authorized': 'auth',
  'policy-violation': 'modify',
  'recipient-unavailable': 'wait',
  redirect: 'modify',
  'registration-required': 'auth',
  'remote-server-not-found': 'cancel',
  'remote-server-timeout': 'wait',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
  'subscription-required': 'auth',
  'undefined-condition': 'cancel',
  'unexpected-request': 'modify',
} as const;
export type Condition = keyof typeof conditionTypes;
export type ErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait';

export function isCondition(name: string): name is Condition {
  return Object.hasOwn(conditionTypes, name);
}

/** What a condition means everywhere. */
export const reasonOfCondition: Readonly<Record<Condition, ReasonCode>> = {
  'bad-request': 'malformed',
  conflict: 'name-taken',
  'feature-not-implemented': 'unsupported',
  forbidden: 'forbidden',
  gone: 'gone',
  'internal-server-error': 'fault',
  'item-not-found': 'unknown-target',
  'jid-malformed': 'bad-address',
  'not-acceptable': 'unacceptable',
  'not-allowed': 'not-allowed',
  'not-authorized': 'password',
  'policy-violation': 'policy',
  'recipient-unavailable': 'absent',
  redirect: 'moved',
  'registration-required': 'members-only',
  'remote-server-not-found': 'unresolvable',
  'remote-server-timeout': 'timeout',
  'resource-constraint': 'overload',
  'service-unavailable': 'not-served',
  'subscription-required': 'not-subscribed',
  'undefined-condition': 'unknown',
  'unexpected-request': 'untimely',
};

/** What it means as an answer to a join (XEP-0045 §7.2, table 16). */
export const reasonOfJoin: Readonly<Partial<Record<Condition, ReasonCode>>> = {
  conflict: 'name-taken',
  forbidden: 'banned',
  'item-not-found': 'unknown-target',
  'jid-malformed': 'bad-address',
  'not-acceptable': 'name-taken',
  'not-allowed': 'forbidden',
  'not-authorized': 'password',
  'registration-required': 'members-only',
  'service-unavailable': 'full',
};

/** How a reason is told; the type is the recommended one where none is given. */
interface Told {
  readonly condition: Condition;
  readonly type?: ErrorType;
}

export const conditionOfReason: Readonly<Record<ReasonCode, Told>> = {
  absent: { condition: 'recipient-unavailable' },
  'already-linked': { condition: 'conflict' },
  'bad-address': { condition: 'jid-malformed' },
  banned: { condition: 'forbidden' },
  'duplicate-subscription': { condition: 'conflict' },
  encrypted: { condition: 'not-acceptable' },
  expired: { condition: 'remote-server-timeout' },
  fault: { condition: 'internal-server-error' },
  forbidden: { condition: 'forbidden' },
  full: { condition: 'service-unavailable', type: 'wait' },
  gone: { condition: 'gone' },
  internal: { condition: 'internal-server-error' },
  loop: { condition: 'not-acceptable' },
  malformed: { condition: 'bad-request' },
  'members-only': { condition: 'registration-required' },
  moderated: { condition: 'forbidden' },
  moved: { condition: 'redirect' },
  'name-taken': { condition: 'conflict' },
  'not-allowed': { condition: 'not-allowed' },
  'not-served': { condition: 'service-unavailable' },
  'not-subscribed': { condition: 'subscription-required' },
  overload: { condition: 'resource-constraint' },
  password: { condition: 'not-authorized' },
  policy: { condition: 'policy-violation' },
  'require-unknown': { condition: 'feature-not-implemented' },
  timeout: { condition: 'remote-server-timeout' },
  'too-large': { condition: 'policy-violation' },
  unacceptable: { condition: 'not-acceptable' },
  undecipherable: { condition: 'bad-request' },
  unknown: { condition: 'undefined-condition' },
  'unknown-domain': { condition: 'remote-server-not-found' },
  'unknown-target': { condition: 'item-not-found' },
  // XEP-0100 §4: what a service that cannot be reached is to its user.
  unreachable: { condition: 'remote-server-timeout' },
  unresolvable: { condition: 'remote-server-not-found' },
  unsupported: { condition: 'feature-not-implemented' },
  'unsupported-type': { condition: 'not-acceptable' },
  untimely: { condition: 'unexpected-request' },
};

/** RFC 6120 §10.4.3: why a stanza could not be passed on to another domain. */
export const reasonOfRouting = { unresolved: 'unresolvable', 'no-stream': 'timeout' } as const satisfies Record<
  string,
  ReasonCode
>;

/** XEP-0100 §4: why the other side of a gateway does not serve a user. */
export const reasonOfLegacy = {
  'address-invalid': 'unknown-target',
  'not-registered': 'members-only',
  unreachable: 'unreachable',
  'bad-credentials': 'password',
} as const satisfies Record<string, ReasonCode>;

/** RFC 3923 §7: what the reader of a protected object says of it, and the name of the application's own condition. */
export const reasonOfProtection = {
  'bad-timestamp': 'unacceptable',
  'unverified-signature': 'unacceptable',
  'decryption-failed': 'undecipherable',
} as const satisfies Record<string, ReasonCode>;
