import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { askToWatch, nextDue } from '../../../src/cpim/subscription/book.ts';
import { document, juliet, line, romeo } from './presences.ts';
import { Watcher, watching } from './watcher.ts';

const minute = 60_000;

describe('who watches', () => {
  test('V3922-6.1-P-1 is told that he may, how it stands, and every change until he ends it', () => {
    const one = new Watcher();
    one.sends('subscribe');
    expect(one.asked).toEqual([
      {
        op: 'subscribe',
        watcher: `pres:${juliet}`,
        target: `pres:${romeo}`,
        subscriptId: 'salt-0',
        transId: 's1',
        duration: 3600,
      },
    ]);
    one.answers();
    one.notifies(document({ orchard: 'closed' }), 'pending');
    expect(one.heard).toEqual([]);
    one.notifies(document({ orchard: 'open' }));
    expect(one.heard.splice(0)).toEqual([`${romeo} subscribed`, `${romeo}/orchard`]);
    one.notifies(document({ orchard: 'away' }));
    expect(one.heard.splice(0)).toEqual([`${romeo}/orchard away`]);
    one.notifies(document({ orchard: 'away', tomb: 'dnd' }));
    expect(one.heard.splice(0)).toEqual([`${romeo}/tomb dnd`]);
    one.sends('unsubscribe', 's2');
    one.notifies(document({ orchard: 'open', tomb: 'dnd' }));
    expect(one.heard).toEqual([]);
  });

  test.each([
    ['before it was answered by a person', (one: Watcher) => one.notifies(document({ orchard: 'closed' }), 'pending')],
    ['at once', () => undefined],
  ])('V3922-6.1-P-2 is told of a denial, %s, and sees nothing', (_, before) => {
    const one = new Watcher();
    one.sends('subscribe');
    one.answers();
    before(one);
    one.notifies(undefined, 'ended');
    one.notifies(document({ orchard: 'open' }));
    expect(one.heard).toEqual([`${romeo} unsubscribed`]);
  });

  test('V3922-6.1-P-3 does not notice that his subscription ends elsewhere and is renewed', () => {
    const one = watching();
    for (let hour = 0; hour < 24; hour++) {
      const asked = one.asked.length;
      one.passes(59 * minute);
      expect(one.asked.slice(asked)).toEqual([expect.objectContaining({ subscriptId: 'salt-0', duration: 3600 })]);
      one.answers();
      one.notifies(document({ orchard: 'open' }, `2026-05-02T${String(hour).padStart(2, '0')}:00:00Z`));
    }
    expect(one.heard).toEqual([]);
    expect(new Set(one.asked.map(({ transId }) => transId)).size).toBe(one.asked.length);
  });

  test('has a renewal that the other side shortens done in time, too', () => {
    const one = watching();
    one.passes(59 * minute);
    one.answers({ duration: 30 });
    const asked = one.asked.length;
    one.passes(29_000);
    expect(one.asked.length).toBe(asked + 1);
  });

  test('is told of an answer that comes while what he asked for is being renewed', () => {
    const one = new Watcher();
    one.sends('subscribe');
    one.answers();
    one.notifies(document({ orchard: 'closed' }), 'pending');
    one.passes(59 * minute);
    one.notifies(document({ orchard: 'away' }));
    one.answers();
    expect(one.heard).toEqual([`${romeo} subscribed`, `${romeo}/orchard away`]);
  });

  test('keeps what he saw while a renewal fails for now, and loses it when it fails for good', () => {
    const one = watching();
    one.passes(59 * minute);
    for (const why of ['timeout', 'overload', 'unreachable'] as const) {
      const asked = one.asked.length;
      one.answers({ status: 'failure', why });
      one.passes(minute);
      expect(one.asked.length).toBe(asked + 1);
    }
    expect(one.heard).toEqual([]);
    one.answers({ status: 'failure', why: 'forbidden' });
    expect(one.heard).toEqual([`${romeo}/orchard unavailable`, `${romeo} unsubscribed`]);
    one.passes(24 * 60 * minute);
    expect(nextDue(one.all)).toBeUndefined();
  });

  test('asks again, when it is over, for what is still in progress elsewhere', () => {
    const one = watching();
    one.passes(59 * minute);
    const asked = one.asked.length;
    one.answers({ status: 'failure', why: 'duplicate-subscription' });
    one.passes(59_000);
    expect(one.asked.length).toBe(asked);
    one.passes(1_000);
    expect(one.asked.length).toBe(asked + 1);
  });

  test('is not told by the last notify of what he had before, when he asks anew', () => {
    const one = watching();
    one.sends('unsubscribe', 's2');
    one.sends('subscribe', 's3');
    one.notifies(undefined, 'ended');
    one.notifies(document({ orchard: 'away' }));
    expect(one.heard).toEqual([]);
    one.answers();
    one.notifies(document({ orchard: 'dnd' }));
    expect(one.heard).toEqual([`${romeo} subscribed`, `${romeo}/orchard dnd`]);
  });

  test('asks again for what has lapsed, and never in a hurry', () => {
    const one = watching();
    const asked = one.asked.length;
    one.passes(59 * minute);
    // Nobody answers for a day.
    one.passes(24 * 60 * minute);
    expect(one.asked.length - asked).toBeGreaterThan(24);
    expect(one.asked.length - asked).toBeLessThan(80);
    one.answers();
    one.notifies(undefined, 'lapsed');
    one.passes(minute);
    expect(one.heard).toEqual([]);
    expect(one.asked.at(-1)?.duration).toBe(3600);
  });

  test.each(['pending', 'active', 'ended', 'lapsed'] as const)(
    'V3859-3.4.2-1 answers no notify, here one that says %s',
    (standing) => {
      const one = watching();
      const asked = one.asked.length;
      one.notifies(document({ orchard: 'away' }), standing);
      expect(one.asked.length).toBe(asked);
    },
  );

  test('V3922-6.4-3 does not get the last notify of what he has ended', () => {
    const one = watching();
    one.sends('unsubscribe', 's2');
    expect(one.asked.at(-1)).toMatchObject({ subscriptId: 'salt-0', transId: 's2', duration: 0 });
    one.notifies(document({ orchard: 'away' }));
    one.answers();
    one.notifies(document({ orchard: 'dnd' }));
    one.notifies(undefined, 'ended');
    expect(one.heard).toEqual([`${romeo} unsubscribed`]);
  });

  test('is told what is wrong with his request, once, also when nobody answers', () => {
    const refused = new Watcher();
    refused.sends('subscribe');
    refused.answers({ status: 'failure', why: 'forbidden' });
    refused.answers({ status: 'failure', why: 'forbidden' });
    const silent = new Watcher();
    silent.sends('subscribe');
    silent.passes(10 * minute);
    expect([refused.heard, silent.heard]).toEqual([[`${romeo} error forbidden`], [`${romeo} error remote-server-timeout`]]);
  });

  test('asks as often as he likes, and is asked for once', () => {
    const one = new Watcher();
    one.sends('subscribe');
    one.sends('subscribe', 's2');
    expect(one.asked.length).toBe(1);
    one.answers();
    one.notifies(document({ orchard: 'open' }));
    one.heard.length = 0;
    one.sends('subscribe', 's3');
    expect(one.heard).toEqual([`${romeo} subscribed`, `${romeo}/orchard`]);
    expect(one.asked.length).toBe(1);
  });

  test('V3863-6-1 does not see a document that is older than what he has seen', () => {
    const one = watching();
    one.notifies(document({ orchard: 'dnd' }, '2026-05-01T10:00:02Z'));
    one.notifies(document({ orchard: 'away' }, '2026-05-01T12:00:01.999+02:00'));
    one.notifies(document({ orchard: 'xa' }, '2026-05-01T10:00:02.0001Z'));
    expect(one.heard).toEqual([`${romeo}/orchard dnd`, `${romeo}/orchard xa`]);
  });

  test('V6121-3.2.2-1 sees every client of the other go before he may watch no more', () => {
    const one = watching();
    one.notifies(document({ orchard: 'open', tomb: 'away', street: 'closed' }));
    one.heard.length = 0;
    one.notifies(undefined, 'ended');
    expect(one.heard).toEqual([`${romeo}/orchard unavailable`, `${romeo}/tomb unavailable`, `${romeo} unsubscribed`]);
  });

  test('V6121-4.3.2-1 who may not, is told so when he probes, from the bare address', () => {
    const one = new Watcher();
    expect(one.probes().map(line)).toEqual([`${romeo} unsubscribed`]);
    one.sends('subscribe');
    one.answers();
    expect(one.probes().map(line)).toEqual([`${romeo} unsubscribed`]);
  });

  test('V6121-4.3.2-2 who probes when nobody is there hears so from the bare address, with the time', () => {
    const one = watching();
    one.notifies(document({ orchard: 'closed' }, '2026-05-01T12:30:00+02:00'));
    const [answer, ...more] = one.probes();
    expect(more).toEqual([]);
    expect(answer?.attrs).toMatchObject({ type: 'unavailable', from: romeo, to: juliet });
    expect(answer?.getChild('delay', 'urn:xmpp:delay')?.attrs.stamp).toBe('2026-05-01T10:30:00.000Z');
  });

  test('V6121-4.3.2-3 who probes hears the last presence of each client that is there', () => {
    const one = watching();
    one.notifies(document({ orchard: 'away', tomb: 'open', street: 'closed' }));
    expect(one.probes().map(line)).toEqual([`${romeo}/orchard away`, `${romeo}/tomb`]);
    expect(one.probes().map(({ attrs }) => attrs.to)).toEqual([juliet, juliet]);
  });

  test('V3859-3.1-2 has an id of any length; what goes out is short, and its response is known', () => {
    const id = `é${'x'.repeat(200)}`;
    const one = new Watcher();
    one.sends('subscribe', id);
    const [asked] = one.asked;
    expect(asked?.transId).toBe('salt-0.0');
    one.answers({ status: 'failure', why: 'forbidden', transId: id });
    expect(one.heard).toEqual([]);
    one.answers({ status: 'failure', why: 'forbidden' });
    expect(one.heard).toEqual([`${romeo} error forbidden`]);
    expect(nextDue(one.all)).toBeUndefined();
  });

  test('V3859-3.4-2 gets an id for each subscription that was never used before', () => {
    const one = new Watcher();
    for (let again = 0; again < 50; again++) {
      one.sends('subscribe', `a${again}`);
      one.answers();
      // Every other one is taken up by a process that has only what was kept.
      if (again % 2 === 0) one.all = JSON.parse(JSON.stringify(one.all));
      one.sends('unsubscribe', `b${again}`);
      one.answers();
    }
    const begun = one.asked.filter(({ duration }) => duration !== 0).map(({ subscriptId }) => subscriptId);
    expect(new Set(begun).size).toBe(50);
    // A copy of the install, which goes on from here as well.
    const ask = { watcher: 'pres:a@b', target: 'pres:c@d', transId: 't', duration: 1 };
    const [ours, theirs] = ['salt', 'other'].map((salt) => askToWatch(one.all, ask, { now: 0, salt }).outputs);
    expect([ours, theirs]).toMatchObject([
      [{ subscribe: { subscriptId: 'salt-50' } }],
      [{ subscribe: { subscriptId: 'other-50' } }],
    ]);
  });
});

test('V3859-3.4-1 whatever is kept as JSON goes on as it was, with the same ids', () => {
  const inputs = fc.array(fc.constantFrom('subscribe', 'unsubscribe', 'answer', 'fail', 'notify', 'end', 'lapse', 'wait'), {
    maxLength: 25,
  });
  const play = (steps: readonly string[], restartAt: number): Watcher => {
    const one = new Watcher();
    for (const [number, step] of steps.entries()) {
      if (number === restartAt) one.all = JSON.parse(JSON.stringify(one.all));
      if (step === 'subscribe' || step === 'unsubscribe') one.sends(step, `n${number}`);
      if (step === 'answer') one.answers();
      if (step === 'fail') one.answers({ status: 'failure', why: 'timeout' });
      if (step === 'notify') one.notifies(document({ orchard: number % 2 === 0 ? 'away' : 'open' }));
      if (step === 'end' || step === 'lapse') one.notifies(undefined, step === 'end' ? 'ended' : 'lapsed');
      if (step === 'wait') one.passes(50 * minute);
    }
    return one;
  };
  fc.assert(
    fc.property(inputs, fc.nat(25), (steps, restartAt) => {
      const [straight, restarted] = [play(steps, -1), play(steps, restartAt)];
      expect(restarted.all).toEqual(straight.all);
      expect(restarted.asked).toEqual(straight.asked);
      expect(restarted.heard).toEqual(straight.heard);
    }),
  );
});
