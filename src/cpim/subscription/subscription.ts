import type { OperationResponse } from '../message/operation.ts';
import { asMailbox, isSameMailbox } from '../uri.ts';

/**
 * Two views of one thing: the states of a subscription (RFC 6121), and the abstract operation `subscribe` (RFC 3859 §3.4).
 *
 * Who is subscribed to whose presence, as the server of one of the two sees it (RFC 6121 §3, appendix A). The tables of the
 * appendix follow from four facts: does the user see the contact (`to`), does the contact see him (`from`), and has either asked
 * without an answer so far.
 */
export const subscriptionStates = [
  'none',
  'none+pending-out',
  'none+pending-in',
  'none+pending-out+in',
  'to',
  'to+pending-in',
  'from',
  'from+pending-out',
  'both',
] as const;
export type SubscriptionState = (typeof subscriptionStates)[number];

export type SubscriptionType = 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed';

export interface SubscriptionEvent {
  readonly state: SubscriptionState;
  /** `out`: the user sends it; `in`: the contact has sent it. */
  readonly direction: 'out' | 'in';
  readonly type: SubscriptionType;
  /** The user has said yes before he was asked (§3.4). */
  readonly preApproved?: boolean;
}

export interface SubscriptionStep {
  readonly state: SubscriptionState;
  /** It is routed to the contact, or delivered to the user. */
  readonly forward: boolean;
  readonly preApproved: boolean;
  /** What is answered to the contact at once, without asking the user. */
  readonly reply?: 'subscribed' | 'unsubscribed';
}

interface Facts {
  readonly to: boolean;
  readonly from: boolean;
  readonly pendingOut: boolean;
  readonly pendingIn: boolean;
  readonly preApproved: boolean;
}

/** What changes, and what is done besides. */
type Change = Partial<Facts> & Pick<SubscriptionStep, 'forward' | 'reply'>;

export function stepSubscription({ state, direction, type, preApproved = false }: SubscriptionEvent): SubscriptionStep {
  const before: Facts = { ...factsOf(state), preApproved };
  const { forward, reply, ...changed } = changes[direction][type](before);
  const after = { ...before, ...changed };
  return { state: stateOf(after), forward, preApproved: after.preApproved, ...(reply && { reply }) };
}

const changes: Readonly<Record<'out' | 'in', Readonly<Record<SubscriptionType, (facts: Facts) => Change>>>> = {
  out: {
    // Routed even when nothing changes: the contact's server may have forgotten (§3.1.2).
    subscribe: ({ to }) => ({ forward: true, pendingOut: !to }),
    unsubscribe: () => ({ forward: true, to: false, pendingOut: false }),
    subscribed: ({ from, pendingIn, preApproved }) =>
      pendingIn ? { forward: true, from: true, pendingIn: false } : { forward: false, preApproved: preApproved || !from },
    unsubscribed: ({ from, pendingIn }) => ({ forward: from || pendingIn, from: false, pendingIn: false, preApproved: false }),
  },
  in: {
    subscribe: ({ from, pendingIn, preApproved }) =>
      from || preApproved
        ? { forward: false, from: true, pendingIn: false, reply: 'subscribed' }
        : { forward: !pendingIn, pendingIn: true },
    unsubscribe: ({ from, pendingIn }) =>
      from || pendingIn ? { forward: true, from: false, pendingIn: false, reply: 'unsubscribed' } : { forward: false },
    subscribed: ({ pendingOut }) => (pendingOut ? { forward: true, to: true, pendingOut: false } : { forward: false }),
    unsubscribed: ({ to, pendingOut }) => ({ forward: to || pendingOut, to: false, pendingOut: false }),
  },
};

function factsOf(state: SubscriptionState): Omit<Facts, 'preApproved'> {
  const [granted, pending] = state.split('+pending-');
  return {
    to: granted === 'to' || granted === 'both',
    from: granted === 'from' || granted === 'both',
    pendingOut: pending === 'out' || pending === 'out+in',
    pendingIn: pending === 'in' || pending === 'out+in',
  };
}

function stateOf({ to, from, pendingOut, pendingIn }: Facts): SubscriptionState {
  if (to && from) return 'both';
  if (to) return pendingIn ? 'to+pending-in' : 'to';
  if (from) return pendingOut ? 'from+pending-out' : 'from';
  if (pendingOut) return pendingIn ? 'none+pending-out+in' : 'none+pending-out';
  return pendingIn ? 'none+pending-in' : 'none';
}

/** A subscription that is in progress. */
export interface Subscription {
  readonly subscriptId: string;
  /** `pres:` URIs. */
  readonly watcher: string;
  readonly target: string;
}

export interface SubscribeOperation extends Subscription {
  readonly transId: string;
  /** Seconds; 0 ends the subscription of this id, or fetches once. */
  readonly duration: number;
  readonly permitted: boolean;
  readonly active: readonly Subscription[];
}

export interface SubscribeStep {
  readonly response: OperationResponse;
  /** How many notifies follow at once. */
  readonly notify: number;
  readonly active: readonly Subscription[];
}

export function stepSubscribe(operation: SubscribeOperation): SubscribeStep {
  const { subscriptId, watcher, target, transId, duration, permitted, active } = operation;
  const failure: SubscribeStep = { response: { status: 'failure', transId }, notify: 0, active };
  if (!asMailbox(watcher, 'pres') || !asMailbox(target, 'pres') || !permitted) return failure;
  const success = (after: readonly Subscription[]): SubscribeStep => ({
    response: { status: 'success', transId },
    notify: 1,
    active: after,
  });
  const isOfThese = (one: Subscription): boolean =>
    isSameMailbox(one.watcher, watcher, 'pres') && isSameMailbox(one.target, target, 'pres');
  if (duration <= 0) return success(active.filter((one) => one.subscriptId !== subscriptId || !isOfThese(one)));
  return active.some(isOfThese) ? failure : success([...active, { subscriptId, watcher, target }]);
}
