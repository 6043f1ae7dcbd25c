import { describe, expect, test } from '@jest/globals';
import { type Message, parse } from '../../../src/cpim/message/message.ts';
import { covered } from '../../../src/cpim/message/wrap.ts';
import { isNotification } from '../../../src/cpim/notification/class.ts';
import { formatComposing } from '../../../src/cpim/notification/composing.ts';
import { formatImdn, parseImdn } from '../../../src/cpim/notification/imdn.ts';
import { relayImdn } from '../../../src/cpim/notification/relay.ts';
import type { DispositionEvent, DispositionRole } from '../../../src/cpim/notification/respond.ts';
import { type Happening, nothingTold, tell } from '../../../src/cpim/notification/told.ts';

const everything = 'positive-delivery, negative-delivery, processing, display';

function object(headers: readonly string[], mime: readonly string[], body: string): Buffer {
  const head = [
    'From: <im:a@example.org>',
    'To: <im:b@example.org>',
    'DateTime: 2026-05-01T10:00:00Z',
    'NS: imdn <urn:ietf:params:imdn>',
  ];
  return Buffer.from([...head, ...headers, '', ...mime, '', body].join('\r\n'));
}

const asking = object(
  ['imdn.Message-ID: m1', `imdn.Disposition-Notification: ${everything}`],
  ['Content-Type: text/plain'],
  'hi',
);

/** The types of the notifications that come of it all. */
function told(message: Message, happened: readonly Happening[]): string[] {
  let state = nothingTold;
  return happened.flatMap((one) => {
    const step = tell(state, message, one);
    ({ state } = step);
    if (step.response === undefined) return [];
    const { type, status } = parseImdn(step.response.imdn);
    return [`${type} ${status}`];
  });
}

const event = (name: DispositionEvent, role: DispositionRole = 'recipient'): Happening => ({ kind: 'event', event: name, role });

describe('the sender of a message that asks', () => {
  test('V5438-7.2.1-2 is told of its delivery once, whatever becomes of it afterwards', () => {
    const message = parse(asking, 'strict');
    expect(told(message, [event('delivered'), event('failed'), event('delivered')])).toEqual(['delivery delivered']);
    expect(told(message, [event('failed', 'intermediary'), event('delivered')])).toEqual(['delivery failed']);
    expect(told(message, [event('delivered'), event('displayed'), event('displayed')])).toEqual([
      'delivery delivered',
      'display displayed',
    ]);
  });

  test('V5438-12.1-1 is not told of a failure that he was answered with', () => {
    const message = parse(asking, 'strict');
    expect(told(message, [{ kind: 'refused' }, event('failed', 'intermediary')])).toEqual([]);
    expect(told(message, [event('failed', 'intermediary')])).toEqual(['delivery failed']);
  });
});

const document = formatImdn({
  messageId: 'm1',
  datetime: '2026-05-01T10:00:00Z',
  recipientUri: 'im:b@example.org',
  originalRecipientUri: 'im:list@example.org',
  subject: 'to b',
  type: 'delivery',
  status: 'delivered',
});
const notification = (...headers: string[]): Message =>
  parse(
    object(
      ['imdn.Message-ID: n1', ...headers],
      ['Content-Type: message/imdn+xml', 'Content-Disposition: notification'],
      document,
    ),
    'strict',
  );

describe('a notification on its way back', () => {
  const self = 'im:gw@example.org';
  const routes = (message: Message): string[] =>
    message.headers.filter(({ name }) => name === 'IMDN-Route').map(({ value }) => value);

  test('V5438-8-1 loses our entry and goes to the next one, or to whom it is for', () => {
    const first = relayImdn(notification('imdn.IMDN-Route: Gate <im:gw@Example.org>', 'imdn.IMDN-Route: <im:gw2@example.org>'), {
      self,
    });
    expect(first?.to).toBe('im:gw2@example.org');
    const second = parse(first?.object ?? '', 'strict');
    expect(routes(second)).toEqual(['<im:gw2@example.org>']);
    expect(second.body.toString()).toBe(document);
    const last = relayImdn(second, { self: 'im:gw2@example.org' });
    expect(last?.to).toBe('im:b@example.org');
    expect(routes(parse(last?.object ?? '', 'strict'))).toEqual([]);
  });

  test('V5438-8-1 keeps an entry that is not ours, and goes there', () => {
    const passed = relayImdn(notification('imdn.IMDN-Route: <im:gw2@example.org>'), { self });
    expect(passed?.to).toBe('im:gw2@example.org');
    expect(routes(parse(passed?.object ?? '', 'strict'))).toEqual(['<im:gw2@example.org>']);
  });

  test('V5438-8-2 does not say which member of a hidden list it is about', () => {
    const from: Message = notification();
    const passed = relayImdn(from, { self, undisclosed: { uri: 'im:list@example.org' } });
    const message = parse(passed?.object ?? '', 'strict');
    expect(parseImdn(message.body.toString())).toEqual({
      messageId: 'm1',
      datetime: '2026-05-01T10:00:00Z',
      type: 'delivery',
      status: 'delivered',
    });
    expect(passed?.object.toString()).not.toContain('im:a@example.org');
    expect(message.headers.find(({ name }) => name === 'From')?.address?.uri).toBe('im:list@example.org');
  });
});

describe('VCLASS-1 what only tells of messages', () => {
  const asks = ['imdn.Message-ID: n1', `imdn.Disposition-Notification: ${everything}`];
  const typing = formatComposing({ state: 'active' });
  const kinds: readonly (readonly [string, Buffer])[] = [
    ['a disposition notification', object(asks, ['Content-Type: message/imdn+xml'], document)],
    ['one by its disposition alone', object(asks, ['Content-Type: text/plain', 'Content-Disposition: Notification'], 'read')],
    ['a typing notice', object(asks, ['Content-Type: application/im-iscomposing+xml; charset=utf-8'], typing)],
  ];
  const events: readonly Happening[] = (['recipient', 'intermediary'] as const).flatMap((role) =>
    (['delivered', 'failed', 'displayed', 'processed', 'stored'] as const).map((name) => event(name, role)),
  );

  test.each(kinds)('VCLASS-1 %s has nothing told of it, whatever it asks for, under any cover', (_, octets) => {
    let wrapped = octets;
    for (let covers = 0; covers < 8; covers++) {
      const message = parse(wrapped, 'strict');
      expect(isNotification(message)).toBe(true);
      for (const one of events) expect(told(message, [one])).toEqual([]);
      wrapped = covered(wrapped, { recordRoute: { uri: 'im:gw@example.org' } });
    }
  });

  test('VCLASS-1 while a message has, under a cover too', () => {
    const message = parse(covered(asking, {}), 'strict');
    expect(isNotification(message)).toBe(false);
    expect(told(message, [event('displayed')])).toEqual(['display displayed']);
  });
});
