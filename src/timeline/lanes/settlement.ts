import type { Envelope } from '../../cpim/envelope.ts';
import type { Reason } from '../../cpim/reasons.ts';
import type { EndpointRow } from '../../rooms/room.store.ts';
import type { Settlement } from '../copy.store.ts';
import type { Line } from '../writing/append.ts';

/** How a delivery has ended, and nothing else of it. */
export function settlementOf(at: EndpointRow, line: Line, state: Settlement['state']): Settlement {
  return { endpoint: at.id, seq: line.seq, state, parts: [], degraded: undefined, why: undefined, owed: undefined };
}

export function endOf(at: EndpointRow, line: Line, state: Settlement['state'], why: Reason): Settlement {
  return { ...settlementOf(at, line, state), why: why.text ?? why.code };
}

/** What an endpoint could not carry, as the table of copies keeps it: `feature:level`, apart by spaces. */
export function lossesOf({ degradations }: Envelope): string | undefined {
  return degradations.map((one) => `${one.feature}:${one.level}`).join(' ') || undefined;
}
