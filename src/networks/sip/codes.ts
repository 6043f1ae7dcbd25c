import type { Reason, ReasonCode, ResultCode } from '../../cpim/reasons.ts';
import { parseMailbox, uriOf } from '../../cpim/uri.ts';
import { formatSipUri, parseSipUri } from './uri.ts';

/** RFC 7247 §7.2, table 3; the reasons are those whose neighbours in the table are the same. */
const reasons: Readonly<Record<number, ReasonCode>> = {
  300: 'moved',
  301: 'gone',
  302: 'moved',
  305: 'moved',
  380: 'unacceptable',
  400: 'malformed',
  401: 'password',
  402: 'malformed',
  403: 'forbidden',
  404: 'unknown-target',
  405: 'unsupported',
  406: 'unacceptable',
  407: 'members-only',
  408: 'timeout',
  410: 'gone',
  413: 'too-large',
  414: 'too-large',
  415: 'unsupported-type',
  416: 'unacceptable',
  420: 'require-unknown',
  421: 'unacceptable',
  423: 'overload',
  430: 'absent',
  439: 'unsupported',
  440: 'policy',
  480: 'absent',
  481: 'unknown-target',
  482: 'loop',
  483: 'loop',
  484: 'unknown-target',
  485: 'unknown-target',
  486: 'absent',
  487: 'absent',
  488: 'unacceptable',
  489: 'policy',
  491: 'untimely',
  493: 'undecipherable',
  501: 'unsupported',
  502: 'unresolvable',
  503: 'fault',
  504: 'timeout',
  505: 'unacceptable',
  513: 'too-large',
  604: 'unknown-target',
  606: 'unacceptable',
};

/** What a code means that has no line of its own (RFC 7247 §7.2), by its first digit. */
const classes: Readonly<Record<number, ReasonCode>> = { 3: 'moved', 4: 'malformed', 5: 'fault', 6: 'absent' };

/** A final response as the end of an operation of CPIM. `address`: where the person is now, an `im:` URI. */
export type Result = Omit<Reason, 'code'> & { readonly code: ResultCode };

/** Of a final response, 200 to 699. `contact`: the `sip:` URI in its Contact. Throws a CpimError if that is none. */
export function resultOf(code: number, contact?: string): Result {
  if (code < 300) return { code: code === 202 ? 'accepted-relay' : 'delivered-final' };
  return {
    code: reasons[code] ?? classes[Math.floor(code / 100)] ?? 'unknown',
    // RFC 3261 §21.6: a 6xx speaks for the person, wherever he is.
    scope: code >= 600 ? 'person' : 'device',
    ...(contact !== undefined && { address: uriOf(parseSipUri(contact), 'im', 'extended') }),
  };
}

/** RFC 7247 §7.1, table 2, for the reasons behind it: of one device, and of the person where that is another code. */
const codes: Readonly<Record<ResultCode, number | readonly [device: number, person: number]>> = {
  'delivered-final': 200,
  // RFC 3428 §7: somebody else has it now.
  'accepted-relay': 202,
  absent: [480, 600],
  'already-linked': 400,
  'bad-address': 400,
  banned: [403, 603],
  'duplicate-subscription': 400,
  encrypted: 415,
  expired: 408,
  fault: 500,
  forbidden: [403, 603],
  full: 480,
  gone: 410,
  internal: 500,
  loop: 483,
  malformed: 400,
  'members-only': 407,
  moderated: 403,
  moved: 302,
  'name-taken': 400,
  'not-allowed': 403,
  // Not 503 (RFC 7247 §7.1): a proxy would take the whole gateway for dead.
  'not-served': 403,
  'not-subscribed': 400,
  overload: 500,
  password: 401,
  policy: 403,
  'require-unknown': 420,
  timeout: 408,
  'too-large': 413,
  unacceptable: [406, 606],
  undecipherable: 493,
  unknown: 400,
  'unknown-domain': 404,
  'unknown-target': [404, 604],
  unreachable: 504,
  unresolvable: 408,
  unsupported: [405, 501],
  'unsupported-type': 415,
  untimely: 491,
};

export interface SipStatus {
  readonly code: number;
  /** For the Contact of a 3xx: a `sip:` URI. */
  readonly address?: string;
}

export function statusOfResult({ code, scope, address }: Result): SipStatus {
  const known = codes[code];
  const status = typeof known === 'number' ? known : known[scope === 'person' ? 1 : 0];
  if (address === undefined) return { code: status };
  // RFC 7247 §7.1, note 3: who is gone to a known address is moved for good.
  return { code: code === 'gone' ? 301 : status, address: formatSipUri(parseMailbox(address)) };
}
