import type { Log } from '../networks/network.ts';
import { type Metrics, requestOutcome, sideOf } from '../ops/metrics.ts';
import type { Networks } from '../rooms/networks.ts';
import type { EndpointRow } from '../rooms/room.store.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { Settlement } from './copy.store.ts';
import type { Append, Line } from './writing/append.ts';

/** Lines that were stored within so many seconds, and when each place was last heard of. */
export function countAppended(
  { metrics, rooms }: { readonly metrics: Metrics; readonly rooms: Rooms },
  { lines, verdicts }: Append,
  seconds: number,
): void {
  metrics.appendSeconds.observe(seconds);
  metrics.appendSize.observe(verdicts.length);
  for (const { envelope, origin, receivedAt } of lines) {
    const at = rooms.endpoint(origin);
    const { kind } = envelope.payload;
    if (!at) continue;
    metrics.entries.inc({ network: at.network, kind });
    if (kind !== 'membership') at.heardAt = receivedAt;
  }
}

export interface CountingParts {
  readonly metrics: Metrics;
  readonly networks: Networks;
  readonly log: Log;
}

/** A delivery that has ended. */
export function countEnded(
  { metrics, networks, log }: CountingParts,
  at: EndpointRow,
  line: Line,
  outcome: Settlement['state'],
): void {
  const from = networks.byId(line.sender.networkId);
  const seconds = (Date.now() - line.receivedAt) / 1000;
  metrics.deliveries.inc({ network: at.network, outcome });
  log.debug('a delivery has ended', { network: at.network, endpoint: at.id, seq: line.seq, outcome, seconds });
  if (!from) return;
  metrics.requests.get(sideOf(from.protocol))?.observe({ outcome: requestOutcome[outcome] }, seconds);
  if (outcome === 'sent') metrics.latency.observe({ from: from.name, to: at.network }, seconds);
}
