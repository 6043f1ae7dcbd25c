import { type Reason, type ReasonCode, reason } from '../../cpim/reasons.ts';
import { ns } from './ns.ts';
import { IqError } from './wire/iq.ts';
import type { El } from './wire/wire.ts';

/** What an error stanza says (RFC 6120 §8.3). */
export interface StanzaError {
  readonly condition: string;
  readonly type: string;
  readonly text?: string;
}

export function errorOf(stanza: El): StanzaError {
  const error = stanza.getChild('error');
  const defined = error?.getChildElements().find((child) => child.getNS() === ns.stanzas && child.getName() !== 'text');
  const text = error?.getChildText('text', ns.stanzas)?.trim().slice(0, 200);
  return {
    condition: defined?.getName() ?? 'undefined-condition',
    type: error?.attrs.type ?? 'cancel',
    ...(text ? { text } : {}),
  };
}

/** What the condition means as an answer to a join (XEP-0045 §7.2, table 16). */
const joinCodes: Readonly<Record<string, ReasonCode>> = {
  'registration-required': 'members-only',
  forbidden: 'banned',
  'service-unavailable': 'full',
  'not-authorized': 'password',
  conflict: 'name-taken',
  'not-allowed': 'forbidden',
  'item-not-found': 'unknown-target',
  'not-acceptable': 'name-taken',
  'jid-malformed': 'bad-address',
};

/** What it means everywhere. */
const codes: Readonly<Record<string, ReasonCode>> = {
  'bad-request': 'malformed',
  conflict: 'name-taken',
  'feature-not-implemented': 'unsupported',
  forbidden: 'forbidden',
  gone: 'gone',
  'internal-server-error': 'unreachable',
  'item-not-found': 'unknown-target',
  'jid-malformed': 'bad-address',
  'not-acceptable': 'forbidden',
  'not-allowed': 'forbidden',
  'not-authorized': 'forbidden',
  'policy-violation': 'overload',
  'recipient-unavailable': 'unreachable',
  redirect: 'gone',
  'registration-required': 'members-only',
  'remote-server-not-found': 'unresolvable',
  'remote-server-timeout': 'unreachable',
  'resource-constraint': 'overload',
  'service-unavailable': 'unreachable',
  'subscription-required': 'forbidden',
  timeout: 'timeout',
  'unexpected-request': 'malformed',
};

export function reasonOf(error: StanzaError): Reason {
  return reason(codes[error.condition] ?? 'internal', error.text ?? error.condition);
}

export function joinReason(error: StanzaError): Reason {
  return reason(joinCodes[error.condition] ?? codes[error.condition] ?? 'internal', error.text ?? error.condition);
}

/** A place that may well let us in later, without anybody changing anything. */
export function passing(error: StanzaError): boolean {
  if (error.type === 'wait') return true;
  return ['unreachable', 'timeout', 'overload', 'unresolvable'].includes(codes[error.condition] ?? 'internal');
}

/** What an IQ was rejected with. */
export function caught(error: unknown): StanzaError {
  if (error instanceof IqError) {
    return { condition: error.condition, type: error.type, ...(error.text === undefined ? {} : { text: error.text }) };
  }
  return { condition: 'timeout', type: 'wait', text: String(error) };
}
