import type { Subscribe } from '../presence/cpp.ts';
import { newestIn } from '../presence/timestamp.ts';
import type { OperationStatus, ReasonCode } from '../reasons.ts';
import { shortId } from '../short-id.ts';

/**
 * A user of ours watches somebody elsewhere (RFC 3922 §6.1, §6.4): he asks once and for good, there a subscription lasts so many
 * seconds. A pure machine: state, input and the time in, state and outputs out; plain JSON, times in milliseconds of Unix time.
 */
export interface Watching {
  readonly subscriptId: string;
  /** `pres:` URIs. */
  readonly watcher: string;
  readonly target: string;
  /** Seconds that are asked for. */
  readonly duration: number;
  readonly phase: 'asked' | 'allowed' | 'ending';
  /** The operation that has no response yet. */
  readonly open?: Open;
  /** How many operations there were: their own ids are made of it. */
  readonly operations: number;
  /** When the subscription ends if nobody renews it. */
  readonly until?: number;
  /** When something is to be done. */
  readonly due?: number;
  /** Renewals that failed, one after the other. */
  readonly failed?: number;
  /** The document that he has seen last. */
  readonly document?: string;
}

interface Open {
  /** As the user's own network wrote it; a renewal has none there. */
  readonly native?: string;
  /** As it went out. */
  readonly transId: string;
}

export type WatchingInput =
  | { readonly kind: 'subscribe'; readonly ask: Asking }
  | { readonly kind: 'unsubscribe'; readonly transId: string }
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'notified'; readonly notice: Notified }
  | { readonly kind: 'time' };

export interface Asking {
  readonly watcher: string;
  readonly target: string;
  /** Never used before. */
  readonly subscriptId: string;
  readonly transId: string;
  /** Seconds. */
  readonly duration: number;
}

export interface Answer {
  /** That of the operation, at most 40 octets. */
  readonly transId: string;
  readonly status: OperationStatus;
  /** Seconds, if others than were asked for. */
  readonly duration?: number;
  readonly why?: ReasonCode;
}

/** `pending`: he has not been allowed yet; `ended` is for good, `lapsed` can be asked for again. */
export interface Notified {
  readonly standing: 'pending' | 'active' | 'ended' | 'lapsed';
  readonly pidf?: string;
}

export type WatchingOutput =
  /** To the other network. */
  | { readonly kind: 'operation'; readonly subscribe: Subscribe }
  /** To the user: he may watch; a document; he may no more; his request has failed. */
  | { readonly kind: 'allowed' }
  | { readonly kind: 'shown'; readonly pidf: string; readonly previous?: string }
  | { readonly kind: 'ended'; readonly document?: string }
  | { readonly kind: 'refused'; readonly transId: string; readonly why: ReasonCode };

export interface WatchingStep {
  /** Absent: it is over. */
  readonly state?: Watching;
  readonly outputs: readonly WatchingOutput[];
}

/** How long an operation may be without a response. */
const patience = 60_000;
/** A subscription is renewed so long before its end, or at half time if that is later. */
const ahead = 60_000;
const shortestWait = 5_000;
const longestWait = 30 * 60_000;

/** After these a renewal is not tried again (RFC 8048 §5.2.2). */
const final: ReadonlySet<ReasonCode> = new Set([
  'forbidden',
  'not-allowed',
  'unsupported-type',
  'unknown-target',
  'gone',
  'moved',
]);

/** A step of nobody's, where the state is absent, does nothing but for a `subscribe`. */
export function stepWatching(state: Watching | undefined, input: WatchingInput, now: number): WatchingStep {
  if (state === undefined) return input.kind === 'subscribe' ? begin(input.ask, now) : { outputs: [] };
  switch (input.kind) {
    case 'subscribe':
      return again(state, input.ask, now);
    case 'unsubscribe':
      return unsubscribe(state, input.transId, now);
    case 'answered':
      return answered(state, input.answer, now);
    case 'notified':
      return notified(state, input.notice, now);
    case 'time':
      return state.due !== undefined && state.due <= now ? passed(state, now) : { state, outputs: [] };
  }
}

function begin({ transId, ...asking }: Asking, now: number): WatchingStep {
  return request({ ...asking, phase: 'asked', operations: 0 }, now, transId);
}

/** RFC 6121 §3.1.3: who is allowed already is told so at once; and a server may ask again whenever its user comes online. */
function again(state: Watching, asking: Asking, now: number): WatchingStep {
  switch (state.phase) {
    case 'asked':
      return { state, outputs: [] };
    case 'allowed':
      return { state, outputs: [{ kind: 'allowed' }, ...shown(state.document)] };
    case 'ending':
      return begin(asking, now);
  }
}

/** There is no operation to end it but a subscribe of no duration (RFC 3859 §3.4.3). */
function unsubscribe(
  { subscriptId, watcher, target, duration, operations }: Watching,
  transId: string,
  now: number,
): WatchingStep {
  return request({ subscriptId, watcher, target, duration, operations, phase: 'ending' }, now, transId);
}

/** One that the user has asked for has his id for it: `native`. */
function request(state: Watching, now: number, native?: string): WatchingStep {
  const { subscriptId, watcher, target, operations, phase } = state;
  const alias = `${subscriptId}.${operations}`;
  const transId = native === undefined ? alias : shortId(native, alias);
  const open: Open = native === undefined ? { transId } : { transId, native };
  const duration = phase === 'ending' ? 0 : state.duration;
  return {
    state: { ...state, open, operations: operations + 1, due: now + patience },
    outputs: [{ kind: 'operation', subscribe: { op: 'subscribe', watcher, target, subscriptId, transId, duration } }],
  };
}

function answered(state: Watching, { transId, status, duration, why = 'unknown' }: Answer, now: number): WatchingStep {
  const { open } = state;
  if (open?.transId !== transId) return { state, outputs: [] };
  // R3922-6.4-4 tells of a target that is none; whatever else went wrong, he watches no more.
  if (state.phase === 'ending') return { outputs: [status === 'failure' ? refused(open, why) : { kind: 'ended' }] };
  if (status === 'failure') return fail(state, open, why, now);
  const until = now + (duration ?? state.duration) * 1000;
  const { open: _, failed: __, ...rest } = state;
  return { state: { ...rest, until, due: renewalOf(until, now) }, outputs: [] };
}

function refused({ transId, native = transId }: Open, why: ReasonCode): WatchingOutput {
  return { kind: 'refused', transId: native, why };
}

function fail(state: Watching, open: Open, why: ReasonCode, now: number): WatchingStep {
  return open.native === undefined ? unrenewed(state, why, now) : { outputs: [refused(open, why)] };
}

function renewalOf(until: number, now: number): number {
  return Math.max(now + shortestWait, Math.max(until - ahead, now + (until - now) / 2));
}

/** What he has seen stays: that the other side does not answer says nothing of its users. */
function unrenewed(state: Watching, why: ReasonCode, now: number): WatchingStep {
  if (final.has(why)) return { outputs: [ended(state)] };
  const failed = (state.failed ?? 0) + 1;
  const wait = Math.min(longestWait, shortestWait * 2 ** Math.min(failed, 20));
  // RFC 3859 §3.4.1: one that is in progress cannot be asked for; it can when it is over.
  const due = why === 'duplicate-subscription' ? Math.max(state.until ?? 0, now + shortestWait) : now + wait;
  const { open: _, ...rest } = state;
  return { state: { ...rest, failed, due }, outputs: [] };
}

/** A response comes before its notifies (RFC 3859 §3.4.1): what comes earlier is of an earlier subscription. */
function notified(state: Watching, { standing, pidf }: Notified, now: number): WatchingStep {
  const isFirstOpen = state.phase === 'asked' && state.open?.native !== undefined;
  // R3922-6.4-5: the last notify of one that he has ended is not for him.
  if (isFirstOpen || state.phase === 'ending' || standing === 'pending') return { state, outputs: [] };
  if (standing === 'ended') return { outputs: [ended(state)] };
  if (standing === 'lapsed') return { state: { ...state, due: now + shortestWait }, outputs: [] };
  const allowed: readonly WatchingOutput[] = state.phase === 'asked' ? [{ kind: 'allowed' }] : [];
  const isNews = pidf !== undefined && isNewer(pidf, state.document);
  const after: Watching = { ...state, phase: 'allowed', ...(isNews && { document: pidf }) };
  return { state: after, outputs: isNews ? [...allowed, ...shown(pidf, state.document)] : allowed };
}

/** RFC 3863 §6: an older document than the one that was used is passed over; one that cannot be read is, too. */
function isNewer(pidf: string, seen: string | undefined): boolean {
  const stamp = newestIn(pidf);
  if (stamp.kind === 'unreadable' || seen === undefined) return stamp.kind === 'read';
  const before = newestIn(seen);
  return stamp.at === undefined || before.kind === 'unreadable' || before.at === undefined || stamp.at >= before.at;
}

function shown(pidf: string | undefined, previous?: string): readonly WatchingOutput[] {
  return pidf === undefined ? [] : [{ kind: 'shown', pidf, ...(previous !== undefined && { previous }) }];
}

function ended({ document }: Watching): WatchingOutput {
  return { kind: 'ended', ...(document !== undefined && { document }) };
}

function passed(state: Watching, now: number): WatchingStep {
  const { open } = state;
  if (open === undefined) return request(state, now);
  return state.phase === 'ending' ? { outputs: [{ kind: 'ended' }] } : fail(state, open, 'timeout', now);
}
