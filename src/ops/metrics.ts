import type { Counter, Histogram } from 'prom-client';
import type { Numbers } from './numbers.ts';

/** Seconds: from a delivery on a quiet machine to a line that has waited out an outage. */
const LATENCY = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];
const WORK = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** Something that a protocol counts by itself, besides the label `network`. `networks/network.ts` describes the same as a port. */
interface OwnMetric {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** What the numbers need to know of a protocol. */
export interface Counted {
  readonly side?: string;
  readonly metrics?: readonly OwnMetric[];
}

/** The established names (`bridge_<side>_…`) know two sides; who says nothing is on the other one. */
export const sideOf = ({ side = 'remote' }: Counted): string => side;

export type Metrics = ReturnType<typeof makeMetrics>;

/** What grows where things happen. An increment costs a fifth of a microsecond, an observation twice that. */
export function makeMetrics(numbers: Numbers, protocols: readonly Counted[]) {
  return {
    ...arrivals(numbers),
    ...deliveries(numbers),
    requests: requests(numbers, protocols),
    own: own(numbers, protocols),
    databaseSeconds: numbers.histogram('rialto_database_seconds', 'Work in the database, the wait for a session included', WORK, [
      'work',
    ]),
    ...retention(numbers),
    logLines: numbers.counter('rialto_log_lines_total', 'Lines written to the log', ['level']),
    databaseFailures: numbers.counter('rialto_database_failures_total', 'Work that the database did not do', ['work']),
  };
}

/** The log counts by itself: a sentence in a hot loop costs an addition. */
export function countLines({ logLines }: Metrics, { written }: { readonly written: Readonly<Record<string, number>> }): void {
  logLines.reset();
  for (const [level, lines] of Object.entries(written)) logLines.inc({ level }, lines);
}

/** What has not happened yet is zero, and not absent: an alert sees the first time too. */
export function expectOf(network: string, { deliveries, inbound }: Metrics): void {
  for (const verdict of ['stored', 'repeat', 'parked', 'refused']) inbound.inc({ network, kind: 'event', verdict }, 0);
  for (const outcome of Object.keys(requestOutcome)) deliveries.inc({ network, outcome }, 0);
}

/** How a delivery ended → the same in the words of the established names. */
export const requestOutcome = { sent: 'success', unconfirmed: 'fail', refused: 'fail', dropped: 'dropped' } as const;

function arrivals(numbers: Numbers) {
  return {
    inbound: numbers.counter('rialto_inbound_total', 'What networks gave to be stored, by what became of it', [
      'network',
      'kind',
      'verdict',
    ]),
    entries: numbers.counter('rialto_entries_total', 'Lines appended to timelines, by the network they came from', [
      'network',
      'kind',
    ]),
    appendSize: numbers.histogram('rialto_append_batch_size', 'Arrivals that shared one commit', BATCH),
    appendSeconds: numbers.histogram('rialto_append_seconds', 'From the begin of an append to its commit', WORK),
    appendFailures: numbers.counter('rialto_append_failures_total', 'Appends of which nothing was stored'),
  };
}

function deliveries(numbers: Numbers) {
  return {
    deliveries: numbers.counter('rialto_deliveries_total', 'Deliveries that have ended, by how', ['network', 'outcome']),
    attempts: numbers.counter('rialto_delivery_attempts_total', 'What a network answered to a delivery', ['network', 'outcome']),
    retries: numbers.counter('rialto_retries_total', 'Deliveries put off, by what has to change first', ['network', 'scope']),
    relays: numbers.counter('rialto_relays_total', 'Ghosts that could not enter: the listener speaks for them', ['network']),
    notices: numbers.counter('rialto_notices_total', 'What senders were told about their lines', ['network', 'status']),
    deliverySeconds: numbers.histogram(
      'rialto_delivery_seconds',
      'One attempt at a delivery, from handing it to the network to its answer',
      LATENCY,
      ['network'],
    ),
    latency: numbers.histogram(
      'rialto_latency_seconds',
      'From receiving a line on one network to having delivered it to another',
      LATENCY,
      ['from', 'to'],
    ),
    settleSize: numbers.histogram('rialto_settle_batch_size', 'Deliveries that were settled in one commit', BATCH),
    settleSeconds: numbers.histogram('rialto_settle_seconds', 'From the begin of a settlement to its commit', WORK),
    settleFailures: numbers.counter('rialto_settle_failures_total', 'Settlements that had to be tried again'),
  };
}

function retention(numbers: Numbers) {
  return {
    trimmed: numbers.counter('rialto_trimmed_total', 'What retention has taken away: bodies, and steps in which ids went', [
      'what',
    ]),
    trimSeconds: numbers.histogram('rialto_trim_seconds', 'One step of retention, without the rest after it', WORK, ['what']),
  };
}

export function perSide<T>(protocols: readonly Counted[], make: (side: string) => T): ReadonlyMap<string, T> {
  const sides = new Set(protocols.map(sideOf));
  return new Map([...sides].sort().map((side) => [side, make(side)]));
}

function requests(numbers: Numbers, protocols: readonly Counted[]): ReadonlyMap<string, Histogram<'outcome'>> {
  return perSide(protocols, (side) =>
    numbers.histogram(
      `bridge_${side}_request_seconds`,
      `As in other bridges: how long what was received on the ${side} side took to be delivered`,
      LATENCY,
      ['outcome'],
    ),
  );
}

function own(numbers: Numbers, protocols: readonly Counted[]): ReadonlyMap<string, Counter<string>> {
  const all = protocols.flatMap(({ metrics = [] }) => metrics);
  return new Map(all.map(({ name, help, labels }) => [name, numbers.counter<string>(name, help, ['network', ...labels])]));
}
