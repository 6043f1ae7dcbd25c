import { type Reason, type ReasonCode, reason } from '../../../cpim/reasons.ts';
import type { Outcome } from '../../network.ts';
import { type Fault, isOutage } from './client.ts';

const codes: ReadonlyMap<string, ReasonCode> = new Map([
  ['M_FORBIDDEN', 'forbidden'],
  ['M_TOO_LARGE', 'too-large'],
  ['M_LIMIT_EXCEEDED', 'overload'],
  ['M_RESOURCE_LIMIT_EXCEEDED', 'overload'],
  ['M_NOT_FOUND', 'unknown-target'],
  ['M_UNKNOWN_TOKEN', 'unreachable'],
  ['M_USER_DEACTIVATED', 'forbidden'],
  ['M_BAD_JSON', 'malformed'],
]);

export function reasonOf(fault: Fault): Reason {
  const { status, errcode, text } = fault;
  if (isOutage(fault)) return reason('unreachable', `the homeserver does not answer (${status === 0 ? text : `HTTP ${status}`})`);
  const code = codes.get(errcode) ?? (status === 413 ? 'too-large' : status === 429 ? 'overload' : 'internal');
  return reason(code, `the homeserver says: ${[errcode, text].filter(Boolean).join(', ')}`);
}

/**
 * What a fault means for one line. A send that may have been done is repeated with the same transaction id, which the homeserver
 * knows again; so there is no `unknown` here.
 */
export function outcomeOf(fault: Fault, scope: 'entry' | 'ghost'): Outcome {
  const why = reasonOf(fault);
  if (isOutage(fault) || fault.status === 401) return { kind: 'retry', why, scope: 'network', done: [] };
  if (fault.status === 429) return { kind: 'retry', why, scope: 'ghost', done: [], afterMs: fault.retryAfterMs ?? 1000 };
  return { kind: 'refused', why, scope: why.code === 'too-large' ? 'entry' : scope };
}
