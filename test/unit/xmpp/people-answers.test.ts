import { describe, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import fc from 'fast-check';
import { answerTo } from '../../../src/networks/xmpp/people/queries.ts';
import { strayAnswer } from '../../../src/networks/xmpp/people/strays.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';

const from = 'anna@example.org/phone';
const to = 'mats@bridge.example.org';
const iq = (type: string, ...children: El[]): El => xml('iq', { type, from, to, id: 'q1' }, ...children);
const query = (xmlns: string, name = 'query', attrs = {}): El => xml(name, { xmlns, ...attrs });
const disco = 'http://jabber.org/protocol/disco#info';

describe('queries', () => {
  test.each([
    ['disco#info', query(disco)],
    ['disco#items', query('http://jabber.org/protocol/disco#items')],
    ['a ping', query('urn:xmpp:ping', 'ping')],
    ['version', query('jabber:iq:version')],
    ['a vCard', query('vcard-temp', 'vCard')],
  ])('%s is answered', (_, child) => {
    expect(answerTo(iq('get', child), { kind: 'ghost', name: 'Mats' })?.attrs).toEqual({
      type: 'result',
      from: to,
      to: from,
      id: 'q1',
    });
  });

  test.each([
    ['an unknown namespace', iq('get', query('x:y')), 'service-unavailable'],
    ['a set', iq('set', query('vcard-temp', 'vCard')), 'service-unavailable'],
    ['an empty one', iq('get'), 'service-unavailable'],
    ['an unknown node', iq('get', query(disco, 'query', { node: 'x' })), 'item-not-found'],
  ])('%s is refused', (_, asked, condition) => {
    const answer = answerTo(asked, { kind: 'ghost' });
    expect(answer?.attrs.type).toBe('error');
    expect(answer?.getChild('error')?.getChild(condition)).toBeDefined();
  });

  test.each(['domain', 'listener', 'ghost'] as const)(
    'V6120-8.3-9 any get or set to the %s has one answer, with its id',
    (kind) => {
      const types = fc.constantFrom('get', 'set', 'result', 'error', 'other');
      const namespaces = fc.constantFrom(disco, 'urn:xmpp:ping', 'jabber:iq:version', 'vcard-temp', 'jabber:iq:rpc', 'urn:x');
      const names = fc.constantFrom('query', 'ping', 'vCard', 'bind');
      fc.assert(
        fc.property(types, namespaces, names, fc.string(), (type, ns, name, id) => {
          const answer = answerTo(xml('iq', { type, from, to, id }, query(ns, name)), { kind });
          const expected = { type: expect.stringMatching(/^(?:result|error)$/), from: to, to: from, id };
          expect(answer?.attrs).toEqual(type === 'get' || type === 'set' ? expected : undefined);
        }),
      );
    },
  );

  test.each(['result', 'error'])('a %s is never answered', (type) => {
    expect(answerTo(iq(type), { kind: 'ghost' })).toBeUndefined();
  });

  test('the domain is a gateway and names no network', () => {
    const identity = answerTo(iq('get', query(disco)), { kind: 'domain', name: 'Rialto' })
      ?.getChild('query')
      ?.getChild('identity');
    expect(identity?.attrs).toEqual({ category: 'gateway', type: 'rialto', name: 'Rialto' });
  });
});

test('VX0106-6-1, VX0013-2-1 the gateway lists that it escapes addresses, and keeps nothing for who is offline', () => {
  const answer = answerTo(iq('get', query(disco)), { kind: 'domain' });
  const vars = answer
    ?.getChild('query')
    ?.getChildren('feature')
    .map((feature) => feature.attrs.var);
  expect(vars).toContain('jid\\20escaping');
  expect(vars).not.toContain('http://jabber.org/protocol/offline');
});

describe('strays', () => {
  const message = (type: string | undefined, ...children: El[]): El =>
    xml('message', { from, to, id: 'm1', ...(type ? { type } : {}) }, ...children);
  const body = xml('body', {}, 'psst');

  test.each(['chatter', 'NORMAL', '', undefined])('V6121-5.2.2-1 a message of type %j is one of type normal', (type) => {
    expect(strayAnswer(message(type, body))).toEqual(strayAnswer(message('normal', body)));
  });

  test.each([['chat'], ['normal'], [undefined]])('a message of type %s gets one error with words', (type) => {
    const answer = strayAnswer(message(type, body));
    expect(answer?.attrs).toEqual({ type: 'error', from: to, to: from, id: 'm1' });
    expect(answer?.getChild('error')?.getChild('item-not-found')).toBeDefined();
    expect(answer?.getChild('error')?.getChildText('text')).toMatch(/nobody/);
  });

  test('a private message of a room is answered with where to write instead', () => {
    const answer = strayAnswer(message('chat', body, xml('x', { xmlns: 'http://jabber.org/protocol/muc#user' })));
    expect(answer?.getChild('error')?.getChild('feature-not-implemented')).toBeDefined();
    expect(answer?.getChild('error')?.getChildText('text')).toMatch(/room/);
  });

  test.each([
    ['an error', message('error', body)],
    ['a headline', message('headline', body)],
    ['a chat state', message('chat', xml('active', { xmlns: 'http://jabber.org/protocol/chatstates' }))],
    ['a presence', xml('presence', { from, to })],
  ])('%s gets silence', (_, el) => {
    expect(strayAnswer(el)).toBeUndefined();
  });

  test.each([
    ['a subscription', 'subscribe'],
    ['V6121-4.3.2-1 a probe without permission', 'probe'],
  ])('%s is declined from the bare address', (_, type) => {
    const answer = strayAnswer(xml('presence', { from, to: `${to}/room`, type }));
    expect(answer?.attrs).toEqual({ type: 'unsubscribed', from: to, to: 'anna@example.org' });
  });
});
