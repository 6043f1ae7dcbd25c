import type { OperationStatus } from '../reasons.ts';
import { asMailbox } from '../uri.ts';

/** The abstract operation `message` (RFC 3860 §3.4) at a gateway, and what can be done with it. */
export interface MessageOperation {
  /** `im:` URIs. */
  readonly source: string;
  readonly destination: string;
  readonly transId: string;
  readonly maxForwards: number;
  /** There is somewhere to send it. */
  readonly resolvable: boolean;
  readonly permitted: boolean;
  /** `delegated`: it was given on; with a report if what became of it is told later. */
  readonly delivery: 'delivered' | 'failed' | 'delegated' | 'delegated-with-report';
}

export interface OperationResponse {
  readonly status: OperationStatus;
  /** That of the operation. */
  readonly transId: string;
}

export interface MessageStep {
  /** Absent: not now, the report will be one. */
  readonly response?: OperationResponse;
  readonly forward: boolean;
  /** With which it is given on. */
  readonly maxForwards?: number;
}

export function stepMessage(operation: MessageOperation): MessageStep {
  const { source, destination, transId, maxForwards, resolvable, permitted, delivery } = operation;
  const answer = (status: OperationResponse['status']): MessageStep => ({ response: { status, transId }, forward: false });
  if (!asMailbox(source, 'im') || !asMailbox(destination, 'im') || !resolvable || !permitted) return answer('failure');
  if (delivery === 'delivered') return answer('success');
  // §3.4.2: one that has been passed on often enough goes nowhere.
  if (delivery === 'failed' || maxForwards <= 0) return answer('failure');
  const passed = { forward: true, maxForwards: maxForwards - 1 };
  return delivery === 'delegated' ? { ...answer('indeterminant'), ...passed } : passed;
}
