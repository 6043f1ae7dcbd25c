import type { ReasonCode, ResultCode } from '../../cpim/reasons.ts';

/** RFC 4975 §10, and for rooms RFC 7701 §5.2, §6.2, §7.3. */
const reasons: Readonly<Record<number, ReasonCode>> = {
  400: 'malformed',
  403: 'forbidden',
  404: 'unknown-target',
  408: 'timeout',
  413: 'too-large',
  415: 'unsupported-type',
  423: 'unacceptable',
  424: 'malformed',
  425: 'name-taken',
  428: 'unsupported',
  481: 'unknown-target',
  501: 'unsupported',
  506: 'already-linked',
};

/** RFC 4975 §7.2: a code that is not known is 400, the worst that can be said. */
export function msrpResultOf(code: number): ResultCode {
  return code === 200 ? 'delivered-final' : (reasons[code] ?? 'malformed');
}

/** What MSRP has a code for; whatever else went wrong, the request could not be done (400). */
const codes: Readonly<Partial<Record<ResultCode, number>>> = {
  // MSRP has no 202: 200 only says that the next hop has it.
  'delivered-final': 200,
  'accepted-relay': 200,
  banned: 403,
  encrypted: 415,
  forbidden: 403,
  moderated: 403,
  'name-taken': 425,
  'not-allowed': 403,
  policy: 403,
  'require-unknown': 501,
  timeout: 408,
  'too-large': 413,
  unacceptable: 423,
  'unknown-target': 481,
  unreachable: 408,
  unresolvable: 408,
  unsupported: 501,
  'unsupported-type': 415,
};

export function msrpCodeOf(code: ResultCode): number {
  return codes[code] ?? 400;
}
