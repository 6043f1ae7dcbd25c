import { describe, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import type { Reason } from '../../../src/cpim/reasons.ts';
import type { Delivery, Endpoint, Inbound, Meeting, Outcome } from '../../../src/networks/network.ts';
import { Inbox } from '../../../src/networks/xmpp/inbox.ts';
import { Chats } from '../../../src/networks/xmpp/people/chats.ts';
import { Letters } from '../../../src/networks/xmpp/people/letters.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';
import { delivery, FakeHost, until } from './fake-muc.ts';

const domain = 'bridge.example.org';
const pair = { peer: 'juliet@example.org', ghost: `romeo\\3aexample.com%matrix@${domain}` };
const native = `${pair.peer} ${pair.ghost}`;
const at: Endpoint = {
  id: 7,
  room: 7,
  network: 'x',
  address: { uri: 'im:juliet@example.org', native },
  settings: { seats: 'speak', direct: pair },
};

function said(text: string, ...more: El[]): El {
  const attrs = { type: 'chat', from: `${pair.peer}/balcony`, to: pair.ghost, id: text };
  return xml('message', attrs, ...(text === '' ? [] : [xml('body', {}, text)]), ...more);
}

class MeetingHost extends FakeHost {
  readonly met: Meeting[] = [];
  answer: Promise<Endpoint | Reason> = Promise.resolve(at);
  override meet = (meeting: Meeting): Promise<Endpoint | Reason> => {
    this.met.push(meeting);
    return this.answer;
  };
}

function sender(sent: El[]): (el: El) => 'sent' {
  return (el) => {
    sent.push(el);
    return 'sent';
  };
}

function chats() {
  const host = new MeetingHost();
  const sent: El[] = [];
  const wire = { send: sender(sent) };
  return { host, sent, chats: new Chats({ host, wire, inbox: new Inbox(host), domain }) };
}

const texts = (all: readonly Inbound[]): unknown[] =>
  all.map((one) => one.kind === 'event' && 'text' in one.envelope.payload && one.envelope.payload.text);

describe('what somebody says to a ghost', () => {
  test('who begins more chats at once than anybody does is told to wait, and the others are not harmed', () => {
    const { host, sent, chats: all } = chats();
    host.answer = new Promise(() => {});
    const from = (n: number): El => {
      const el = said('hello');
      el.attrs.from = `u${n}@example.org/x`;
      return el;
    };
    for (let n = 0; n < 1001; n += 1) expect(all.message(from(n))).toBe(true);
    expect(host.met).toHaveLength(1000);
    expect(sent.map((el) => [el.attrs.to, el.getChild('error')?.attrs.type])).toEqual([['u1000@example.org/x', 'wait']]);
    expect(all.message(from(3))).toBe(true);
    expect(sent).toHaveLength(1);
  });

  test('waits for its room in order, and asks for it once', async () => {
    const { host, chats: all } = chats();
    const room = Promise.withResolvers<Endpoint>();
    host.answer = room.promise;
    for (const text of ['one', 'two']) expect(all.message(said(text))).toBe(true);
    room.resolve(at);
    await until(() => host.accepted.length === 2);
    all.message(said('three'));
    await until(() => host.accepted.length === 3);
    expect(texts(host.accepted)).toEqual(['one', 'two', 'three']);
    expect(host.met).toEqual([
      {
        address: { uri: 'im:juliet@example.org', native },
        pair,
        peer: {
          key: `jid:${pair.peer}`,
          weak: false,
          name: 'juliet',
          address: { uri: 'im:juliet@example.org', native: pair.peer },
        },
        other: { network: 'matrix', native: '@romeo:example.com' },
      },
    ]);
    expect(host.accepted[0]).toMatchObject({ at, ids: [{ kind: 'message-id', value: 'one', strong: false }] });
  });

  test('gets an error each if there can be no room, and the next line asks again', async () => {
    const { host, sent, chats: all } = chats();
    host.answer = Promise.resolve({ code: 'unknown-target', text: 'nobody' });
    for (const text of ['one', 'two']) all.message(said(text));
    await until(() => sent.length === 2);
    expect(sent.map((el) => [el.attrs.type, el.attrs.id, el.attrs.to])).toEqual([
      ['error', 'one', `${pair.peer}/balcony`],
      ['error', 'two', `${pair.peer}/balcony`],
    ]);
    host.answer = Promise.resolve(at);
    all.message(said('three'));
    await until(() => host.accepted.length === 1);
  });

  test('names the lines that it is about by the ids of their clients', async () => {
    const { host, chats: all } = chats();
    all.message(said('', xml('reactions', { xmlns: 'urn:xmpp:reactions:0', id: 'one' }, xml('reaction', {}, '👍'))));
    await until(() => host.accepted.length === 1);
    const target = { id: { kind: 'message-id', value: 'one', strong: false } };
    expect(host.accepted[0]).toMatchObject({ envelope: { payload: { kind: 'reaction', target } } });
  });

  test('is nothing if it only types, and nobody is answered who writes to no ghost', () => {
    const { host, chats: all } = chats();
    expect(all.message(said('', xml('composing', { xmlns: 'http://jabber.org/protocol/chatstates' })))).toBe(true);
    expect(all.message(xml('message', { from: pair.peer, to: `nobody@${domain}` }, xml('body', {}, 'hi')))).toBe(false);
    expect(all.message(xml('message', { from: pair.peer, to: 'romeo%matrix@elsewhere' }, xml('body', {}, 'hi')))).toBe(false);
    expect(host.met).toEqual([]);
  });
});

function letters() {
  const host = new FakeHost();
  const sent: El[] = [];
  const barriers: PromiseWithResolvers<void>[] = [];
  const wire = {
    send: sender(sent),
    barrier: () => {
      const barrier = Promise.withResolvers<void>();
      barriers.push(barrier);
      return barrier.promise;
    },
  };
  const made = new Letters({ host, wire, deviceOf: () => `${pair.peer}/balcony` });
  const job = (text: string): Delivery => ({ ...delivery(undefined, text), at });
  return { host, sent, barriers, letters: made, job };
}

function bounce(key: string, condition: string, type = 'cancel'): El {
  const error = xml('error', { type }, xml(condition, { xmlns: 'urn:ietf:params:xml:ns:xmpp-stanzas' }));
  return xml('message', { type: 'error', from: pair.peer, to: pair.ghost, id: key }, error);
}

describe('what a ghost says to somebody', () => {
  test('is written when a question behind it has come back: one for all that was written before', async () => {
    const { barriers, letters: all, job, sent } = letters();
    const jobs = [job('one'), job('two'), job('three')];
    const ended: Outcome[] = [];
    for (const one of jobs) void all.deliver(one, pair).then((outcome) => ended.push(outcome));
    expect(sent.map((el) => [el.attrs.type, el.attrs.from, el.attrs.to, el.getChildText('body')])).toEqual(
      ['one', 'two', 'three'].map((text) => ['chat', pair.ghost, pair.peer, text]),
    );
    barriers[0]?.resolve();
    await until(() => barriers.length === 2);
    expect(ended).toHaveLength(1);
    barriers[1]?.resolve();
    await until(() => ended.length === 3);
    const ids = [{ kind: 'message-id', value: jobs[2]?.key, strong: false }];
    expect(ended[2]).toEqual({ kind: 'sent', parts: [{ part: 0, ids }], proof: 'written' });
    expect(all.idle).toBe(true);
  });

  test.each([
    ['service-unavailable', 'cancel', 'refused'],
    ['resource-constraint', 'wait', 'retry'],
  ])('that comes back at once as %s is %s: %s', async (condition, type, kind) => {
    const { letters: all, job } = letters();
    const one = job('one');
    const ended = all.deliver(one, pair);
    expect(all.bounced(bounce(one.key, condition, type))).toBe(true);
    expect(await ended).toMatchObject({ kind });
  });

  test('that comes back later is told to the core, once', async () => {
    const { barriers, host, letters: all, job } = letters();
    const one = job('one');
    const ended = all.deliver(one, pair);
    barriers[0]?.resolve();
    await ended;
    for (let n = 0; n < 2; n += 1) expect(all.bounced(bounce(one.key, 'service-unavailable'))).toBe(true);
    await until(() => host.accepted.length === 1);
    expect(host.accepted).toMatchObject([{ kind: 'late', at, key: one.key }]);
    expect(all.bounced(bounce('somebody-elses', 'service-unavailable'))).toBe(false);
  });

  test('is unknown if the link is lost before that', async () => {
    const { barriers, letters: all, job } = letters();
    const ended = [all.deliver(job('one'), pair), all.deliver(job('two'), pair)];
    all.down();
    barriers[0]?.reject(new Error('lost'));
    expect(await Promise.all(ended)).toMatchObject([{ kind: 'unknown' }, { kind: 'unknown' }]);
  });

  test('and cannot be is told by an error with the id of the message, a delay in words', () => {
    const { letters: all } = letters();
    const to = { at, ids: [{ kind: 'message-id', value: 'm1', strong: false }] };
    const why = { code: 'unknown-target', text: 'he is gone' } as const;
    const error = all.tell(to, { kind: 'refused', why, where: '@romeo:example.com' }, pair);
    expect(error.attrs).toMatchObject({ type: 'error', from: pair.ghost, to: `${pair.peer}/balcony`, id: 'm1' });
    expect(error.getChild('error')?.getChildText('text')).toBe('he is gone');
    const words = all.tell(to, { kind: 'delayed', why, where: '@romeo:example.com' }, pair);
    expect(words.getChildText('body')).toBe('Your message has not reached @romeo:example.com yet: he is gone');
  });
});
