import type { OperationStatus } from '../reasons.ts';
import type { OperationResponse } from './operation.ts';

/** Messages that were given to a network which tells later what became of them; plain JSON, by the id they have there. */
export type Awaited = Readonly<Record<string, { readonly transId: string; readonly until: number }>>;

export interface ReportStep {
  readonly awaited: Awaited;
  readonly responses: readonly OperationResponse[];
}

export interface Delegated {
  /** That of the operation it came by. */
  readonly transId: string;
  /** Under which the other network knows it: at most 40 octets, see `shortId`. */
  readonly id: string;
  /** When it is answered at the latest, in milliseconds of Unix time. */
  readonly until: number;
}

export function awaitReport(awaited: Awaited, { transId, id, until }: Delegated): Awaited {
  return { ...awaited, [id]: { transId, until } };
}

/** RFC 3860 §3.4.1: the operation has one response, the report; what is reported again has had it. */
export function reported(awaited: Awaited, id: string, status: OperationStatus): ReportStep {
  const { [id]: known, ...others } = awaited;
  return known ? { awaited: others, responses: [{ transId: known.transId, status }] } : { awaited, responses: [] };
}

/** Whoever has not reported by now does not. */
export function overdue(awaited: Awaited, now: number): ReportStep {
  const isLate = ([, { until }]: [string, Awaited[string]]): boolean => until <= now;
  const all = Object.entries(awaited);
  const late = all.filter(isLate);
  if (late.length === 0) return { awaited, responses: [] };
  return {
    awaited: Object.fromEntries(all.filter((one) => !isLate(one))),
    responses: late.map(([, { transId }]) => ({ transId, status: 'failure' })),
  };
}
