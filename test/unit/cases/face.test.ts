import { expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import fc from 'fast-check';
import { imUri } from '../../../src/cpim/uri.ts';
import { messageFromCpim } from '../../../src/networks/xmpp/cpim/from-cpim.ts';
import { notifyToPresence, subscribeToPresence } from '../../../src/networks/xmpp/cpim/from-cpp.ts';
import { bare, parse } from '../../../src/networks/xmpp/jid.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';
import { bench, until } from '../xmpp/fake-muc.ts';
import { document } from './presences.ts';

/** What an XMPP user gets from other networks. */

const local = fc.stringMatching(/^[a-z:'&@/%]{1,8}$/);
const domain = fc.constantFrom('example.org', 'im.example', 'pres.example.net');

function stanzas(from: string, to: string): El[] {
  const cpim = `From: <${from}>\r\nTo: <${to}>\r\n\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhi`;
  const [watcher, target] = [from, to].map((uri) => uri.replace(/^im:/, 'pres:'));
  return [
    messageFromCpim(cpim, { profile: 'extended' }),
    ...notifyToPresence({ from, to, pidf: document({ orchard: 'open', tomb: 'away' }) }, { profile: 'extended' }),
    subscribeToPresence({ op: 'subscribe', watcher: watcher ?? '', target: target ?? '' }),
  ];
}

test('V6121-9-1 no address in a stanza begins with the scheme of a URI', () => {
  fc.assert(
    fc.property(local, domain, local, domain, (one, here, other, there) => {
      for (const { attrs } of stanzas(imUri(one, here), imUri(other, there))) {
        for (const jid of [attrs.from, attrs.to]) expect(jid).not.toMatch(/^(?:im|pres|sip|sips|xmpp|mailto):/);
      }
    }),
  );
});

test('V3922-4.2.2-1, V8048-8.2-1 whatever comes for somebody goes to him and nobody else', () => {
  fc.assert(
    fc.property(local, domain, local, domain, (one, here, other, there) => {
      const all = stanzas(imUri(one, here), imUri(other, there));
      const [first] = all;
      expect(all).toHaveLength(4);
      for (const { attrs } of all) {
        const to = parse(attrs.to ?? '');
        expect(to && bare(to)).toBe(first?.attrs.to);
        expect(to?.resource).toBeUndefined();
      }
    }),
  );
  const [stanza] = stanzas('im:a@example.org', 'im:romeo@example.net');
  expect(stanza?.attrs.to).toBe('romeo@example.net');
});

test('VCLASS-1 what only tells of messages is no line of a room, and is answered by nothing', async () => {
  const { host, muc, stay } = bench();
  muc.enters('Anna', 'anna@example.org/phone');
  await stay.attach(undefined);
  await until(() => host.accepted.length > 0);
  const before = [host.heard.length, muc.sent.length];
  const notices = [
    xml('received', { xmlns: 'urn:xmpp:receipts', id: 'm1' }),
    xml('displayed', { xmlns: 'urn:xmpp:chat-markers:0', id: 'm1' }),
    ...['active', 'composing', 'paused', 'inactive', 'gone'].map((name) =>
      xml(name, { xmlns: 'http://jabber.org/protocol/chatstates' }),
    ),
  ];
  const asking = [xml('request', { xmlns: 'urn:xmpp:receipts' }), xml('markable', { xmlns: 'urn:xmpp:chat-markers:0' })];
  for (const notice of notices) muc.broadcast('Anna', xml('message', { type: 'groupchat' }, notice, ...asking));
  muc.says('Anna', 'end', { extra: asking });
  await until(() => host.heard.includes('Anna: end'));
  expect(host.heard.slice(before[0])).toEqual(['Anna: end']);
  expect(muc.sent.length).toBe(before[1]);
  stay.close();
});

test('V3923-7-2 a protected line of a room goes on as it is, and nobody gets an error', async () => {
  const { host, muc, stay } = bench();
  muc.enters('Anna', 'anna@example.org/phone');
  await stay.attach(undefined);
  await until(() => host.accepted.length > 0);
  const sent = muc.sent.length;
  const entity = 'Content-Type: multipart/signed; boundary=b; protocol="application/pkcs7-signature"\n\n--b--\n';
  muc.broadcast('Anna', xml('message', { type: 'groupchat' }, xml('e2e', { xmlns: 'urn:ietf:params:xml:ns:xmpp-e2e' }, entity)));
  await until(() => host.accepted.length > 1);
  expect(host.accepted.at(-1)).toMatchObject({ envelope: { payload: { kind: 'opaque', sort: 'signed' } } });
  expect(muc.sent.length).toBe(sent);
  stay.close();
});
