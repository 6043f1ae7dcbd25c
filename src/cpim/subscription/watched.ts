import type { OperationResponse } from '../message/operation.ts';
import type { Subscribe } from '../presence/cpp.ts';
import { formatPidf } from '../presence/format-pidf.ts';
import { type Subscription, type SubscriptionState, stepSubscribe, stepSubscription } from './subscription.ts';

/**
 * Somebody elsewhere watches a user of ours (RFC 3922 §6.2, §6.5). There a subscription lasts so many seconds; the user allows it
 * once and for good, which outlives it. A pure machine, as its other half in watching.ts.
 */
export interface Watched {
  /** `pres:` URIs. */
  readonly watcher: string;
  readonly target: string;
  /** How the watcher stands with the user (RFC 6121 appendix A): nothing, asked, or allowed. */
  readonly standing: SubscriptionState;
  readonly subscription?: Subscription;
  /** When the subscription ends, in milliseconds of Unix time. */
  readonly until?: number;
}

export type WatchedInput =
  /** From the other network; `permitted` says whether that watcher may ask at all. */
  | { readonly kind: 'subscribe'; readonly subscribe: Subscribed; readonly permitted: boolean }
  /** From the user. */
  | { readonly kind: 'allow' }
  | { readonly kind: 'deny' }
  | { readonly kind: 'online' }
  | { readonly kind: 'changed' }
  | { readonly kind: 'time' };

/** What an operation of RFC 3859 §3.4.1 always has. */
export type Subscribed = Required<Subscribe>;

/** Why no notify follows: the user does not want it, it is over, or the watcher has ended it. */
export type Ending = 'rejected' | 'timeout' | 'cancelled';

export type WatchedOutput =
  /** To the other network. A notify has no response (RFC 3859 §3.4.2). */
  | { readonly kind: 'response'; readonly response: OperationResponse; readonly duration?: number }
  | { readonly kind: 'notify'; readonly standing: 'pending' | 'active'; readonly pidf: string }
  | { readonly kind: 'ended'; readonly why: Ending }
  /** To the user: may he be watched? He is not watched any more. */
  | { readonly kind: 'asked' }
  | { readonly kind: 'left' };

export interface WatchedStep {
  readonly state: Watched;
  readonly outputs: readonly WatchedOutput[];
}

/** The user's presence as it is now, a document; asked for only when somebody may see it. */
export type Present = () => string;

export function unwatched(watcher: string, target: string): Watched {
  return { watcher, target, standing: 'none' };
}

export function stepWatched(state: Watched, input: WatchedInput, now: number, present: Present): WatchedStep {
  switch (input.kind) {
    case 'subscribe':
      return subscribe(state, input, now, present);
    case 'allow':
      return allow(state, present);
    case 'deny':
      return deny(state);
    case 'online':
      // RFC 6121 §3.1.3: until he has answered.
      return { state, outputs: isPending(state) ? [{ kind: 'asked' }] : [] };
    case 'changed':
      return { state, outputs: state.subscription && isAllowed(state) ? [active(present)] : [] };
    case 'time':
      return isOver(state, now)
        ? { state: without(state), outputs: [{ kind: 'ended', why: 'timeout' }] }
        : { state, outputs: [] };
  }
}

function subscribe(
  state: Watched,
  { subscribe, permitted }: Extract<WatchedInput, { kind: 'subscribe' }>,
  now: number,
  present: Present,
): WatchedStep {
  const { subscription } = isOver(state, now) ? without(state) : state;
  const { op: _, ...operation } = subscribe;
  // One of the same id is no second subscription: it goes on (R3922-6.1-10, as seen from here).
  const isRenewal = operation.duration > 0 && subscription?.subscriptId === operation.subscriptId;
  const active = subscription && !isRenewal ? [subscription] : [];
  const { response, active: after } = stepSubscribe({ ...operation, permitted, active });
  if (response.status === 'failure') return { state, outputs: [{ kind: 'response', response }] };
  const [first] = after;
  const step =
    operation.duration > 0 ? began(state, first, now + operation.duration * 1000, present) : fetched(state, first, present);
  return { ...step, outputs: [{ kind: 'response', response, duration: operation.duration }, ...step.outputs] };
}

/** Conflict register C17: the response is at once, whether a person must be asked or not. */
function began(state: Watched, subscription: Subscription | undefined, until: number, present: Present): WatchedStep {
  const asked = stepSubscription({ state: state.standing, direction: 'out', type: 'subscribe' });
  const after: Watched = { ...state, standing: asked.state, until, ...(subscription && { subscription }) };
  if (isAllowed(after)) return { state: after, outputs: [active(present)] };
  const ask: readonly WatchedOutput[] = isPending(state) ? [] : [{ kind: 'asked' }];
  return { state: after, outputs: [pending(state), ...ask] };
}

/** Of no duration: the last notify of a subscription that is there, or the only one of one that is not (RFC 3859 §3.4.3). */
function fetched(state: Watched, left: Subscription | undefined, present: Present): WatchedStep {
  const isEnd = state.subscription !== undefined && left === undefined;
  const notify = isAllowed(state) ? active(present) : pending(state);
  if (!isEnd) return { state, outputs: [notify] };
  return { state: without(state), outputs: [notify, { kind: 'ended', why: 'cancelled' }, { kind: 'left' }] };
}

function allow(state: Watched, present: Present): WatchedStep {
  const { state: standing, forward } = stepSubscription({ state: state.standing, direction: 'in', type: 'subscribed' });
  return { state: { ...state, standing }, outputs: forward && state.subscription ? [active(present)] : [] };
}

/** Also long after he had allowed it. */
function deny(state: Watched): WatchedStep {
  const { state: standing, forward } = stepSubscription({ state: state.standing, direction: 'in', type: 'unsubscribed' });
  const isTold = forward && state.subscription !== undefined;
  return { state: { ...without(state), standing }, outputs: isTold ? [{ kind: 'ended', why: 'rejected' }] : [] };
}

function isAllowed({ standing }: Watched): boolean {
  return standing === 'to';
}

function isPending({ standing }: Watched): boolean {
  return standing === 'none+pending-out';
}

function isOver({ until }: Watched, now: number): boolean {
  return until !== undefined && until <= now;
}

/** What the user has said stays. */
function without({ watcher, target, standing }: Watched): Watched {
  return { watcher, target, standing };
}

function active(present: Present): WatchedOutput {
  return { kind: 'notify', standing: 'active', pidf: present() };
}

/** Says nothing of him; the note is for people (RFC 3856 §6.6.2). */
function pending({ target }: Watched): WatchedOutput {
  const tuples = [{ id: 'pending', basic: 'closed', notes: [{ text: 'Not allowed yet', lang: 'en' }] }] as const;
  return { kind: 'notify', standing: 'pending', pidf: formatPidf({ entity: target, tuples }, '') };
}
