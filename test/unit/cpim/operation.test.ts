import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stepMessage } from '../../../src/cpim/message/operation.ts';
import {
  type SubscriptionEvent,
  type SubscriptionState,
  stepSubscribe,
  stepSubscription,
  subscriptionStates,
} from '../../../src/cpim/subscription/subscription.ts';

const types = ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'] as const;
const mirrored: Readonly<Record<SubscriptionState, SubscriptionState>> = {
  none: 'none',
  'none+pending-out': 'none+pending-in',
  'none+pending-in': 'none+pending-out',
  'none+pending-out+in': 'none+pending-out+in',
  to: 'from',
  from: 'to',
  'to+pending-in': 'from+pending-out',
  'from+pending-out': 'to+pending-in',
  both: 'both',
};

describe('a subscription', () => {
  test('looks the same from both sides after whatever is sent', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...types)), { maxLength: 30 }), (sent) => {
        let [one, other]: [SubscriptionState, SubscriptionState] = ['none', 'none'];
        let preApproved: [boolean, boolean] = [false, false];
        const send = (bySecond: boolean, type: SubscriptionEvent['type']): void => {
          const [from, to] = bySecond ? [other, one] : [one, other];
          const [mine, his] = bySecond ? [preApproved[1], preApproved[0]] : preApproved;
          const out = stepSubscription({ state: from, direction: 'out', type, preApproved: mine });
          const into = out.forward
            ? stepSubscription({ state: to, direction: 'in', type, preApproved: his })
            : { state: to, preApproved: his, reply: undefined };
          [one, other] = bySecond ? [into.state, out.state] : [out.state, into.state];
          preApproved = bySecond ? [into.preApproved, out.preApproved] : [out.preApproved, into.preApproved];
          if (into.reply === undefined) return;
          const answered = stepSubscription({ state: bySecond ? other : one, direction: 'in', type: into.reply });
          if (bySecond) other = answered.state;
          else one = answered.state;
        };
        for (const [bySecond, type] of sent) send(bySecond, type);
        expect(other).toBe(mirrored[one]);
      }),
      { numRuns: 2000 },
    );
  });

  test('answers itself only, and never asks', () => {
    for (const state of subscriptionStates) {
      for (const type of types) expect(stepSubscription({ state, direction: 'out', type }).reply).toBeUndefined();
    }
  });

  test('that was allowed before it was asked for is granted without asking', () => {
    const asked = stepSubscription({ state: 'to', direction: 'in', type: 'subscribe', preApproved: true });
    expect(asked).toEqual({ state: 'both', forward: false, preApproved: true, reply: 'subscribed' });
  });
});

describe('an operation', () => {
  const message = {
    source: 'im:a@example.com',
    destination: 'im:b@example.com',
    transId: 't',
    maxForwards: 1,
    resolvable: true,
    permitted: true,
    delivery: 'delegated',
  } as const;

  test('on a message goes on as long as it may', () => {
    expect(stepMessage(message)).toMatchObject({ forward: true, maxForwards: 0 });
    expect(stepMessage({ ...message, maxForwards: 0 })).toEqual({
      response: { status: 'failure', transId: 't' },
      forward: false,
    });
    expect(stepMessage({ ...message, maxForwards: 0, delivery: 'delivered' }).response?.status).toBe('success');
  });

  test.each([{ source: 'pres:a@example.com' }, { destination: 'mailto:b@example.com' }, { source: 'im:a@b c' }])(
    'on a message fails with %j',
    (wrong) => {
      expect(stepMessage({ ...message, ...wrong }).response?.status).toBe('failure');
    },
  );

  test('to subscribe knows a pair however its addresses are written', () => {
    const active = [{ subscriptId: 's', watcher: 'pres:a%2Db@Example.com', target: 'pres:c@example.com' }];
    const again = {
      subscriptId: 'u',
      watcher: 'pres:a-b@example.com',
      target: 'pres:c@example.com',
      transId: 't',
      permitted: true,
    };
    expect(stepSubscribe({ ...again, duration: 60, active }).response.status).toBe('failure');
    expect(stepSubscribe({ ...again, duration: 0, subscriptId: 's', active }).active).toEqual([]);
    expect(stepSubscribe({ ...again, duration: 0, subscriptId: 's', watcher: 'pres:d@example.com', active }).active).toEqual(
      active,
    );
  });
});
