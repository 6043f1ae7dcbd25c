import { describe, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import { said } from '../../../src/networks/xmpp/features/table.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';

const line = (...children: El[]): El => xml('message', { type: 'groupchat', from: 'cafe@muc.example.org/Anna' }, ...children);
const body = (text: string, lang?: string): El => xml('body', lang === undefined ? {} : { 'xml:lang': lang }, text);
const fallback = (of: string, start: number, end: number): El =>
  xml('fallback', { xmlns: 'urn:xmpp:fallback:0', for: of }, xml('body', { start: String(start), end: String(end) }));
const mention = (uri: string, begin: number, end: number): El =>
  xml('reference', { xmlns: 'urn:xmpp:reference:0', type: 'mention', uri, begin: String(begin), end: String(end) });
const oob = (url: string): El => xml('x', { xmlns: 'jabber:x:oob' }, xml('url', {}, url));

const strong = (value: string) => ({ kind: 'stanza-id', value, strong: true });
const retract1 = 'urn:xmpp:message-retract:1';
const retract0 = xml('retract', { xmlns: 'urn:xmpp:message-retract:0' });
const pic = 'https://up.example.org/a/cat%20one.png';

const payloads: readonly (readonly [name: string, el: El, payload: object | undefined])[] = [
  ['a body is text', line(body('hello')), { kind: 'text', manner: 'plain', text: 'hello' }],
  ['/me is an emote', line(body('/me waves')), { kind: 'text', manner: 'emote', text: 'waves' }],
  ['/meow is none', line(body('/meow')), { manner: 'plain', text: '/meow' }],
  ['the body without a language comes first', line(body('hallo', 'de'), body('hi')), { text: 'hi' }],
  [
    'the other bodies are translations',
    line(body('hi'), body('hallo', 'de'), body('salut', 'fr'), body('servus', 'de'), body(' ', 'nl')),
    {
      kind: 'text',
      manner: 'plain',
      text: 'hi',
      translations: [
        { lang: 'de', text: 'hallo' },
        { lang: 'fr', text: 'salut' },
      ],
    },
  ],
  [
    'an emote is one in every language',
    line(body('/me waves', 'en'), body('/me winkt', 'de')),
    { manner: 'emote', text: 'waves', lang: 'en', translations: [{ lang: 'de', text: 'winkt' }] },
  ],
  [
    'XEP-0393',
    line(body('/me is *here*')),
    { kind: 'text', manner: 'emote', text: 'is here', spans: [{ style: 'strong', start: 3, end: 7 }] },
  ],
  [
    'XEP-0372, of an occupant, with his place in the text',
    line(body('👍 Bob: hi'), mention('xmpp:cafe@muc.example.org/Bob%20B', 2, 5)),
    { text: '👍 Bob: hi', mentions: [{ who: { uri: 'im:cafe%2FBob%20B@muc.example.org', name: 'Bob' }, start: 2, end: 5 }] },
  ],
  [
    'XEP-0372, where the text is another than the body',
    line(body('*Bob*: hi'), mention('xmpp:bob@example.org', 1, 4)),
    { text: 'Bob: hi', mentions: [{ who: { uri: 'im:bob@example.org', name: 'Bob' } }] },
  ],
  [
    'XEP-0372, of nobody, or of nothing in the body',
    line(body('Bob'), mention('https://example.org', 0, 3), mention('xmpp:bob@example.org', 3, 90)),
    { text: 'Bob', mentions: [{ who: { uri: 'im:bob@example.org' } }] },
  ],
  ['a chat state says nothing', line(xml('composing', { xmlns: 'http://jabber.org/protocol/chatstates' })), undefined],
  ['a marker says nothing', line(xml('displayed', { xmlns: 'urn:xmpp:chat-markers:0', id: '1' })), undefined],
  [
    'an unknown element with a body is its body',
    line(xml('poll', { xmlns: 'x:poll' }), body('Tea?')),
    { kind: 'text', text: 'Tea?' },
  ],
  [
    'XEP-0308',
    line(body('hi there'), xml('replace', { xmlns: 'urn:xmpp:message-correct:0', id: 'm1' })),
    { kind: 'edit', target: { id: { kind: 'message-id', value: 'm1', strong: false } }, text: { text: 'hi there' } },
  ],
  [
    'XEP-0424',
    line(xml('retract', { xmlns: retract1, id: 's1' }), body('/me retracted')),
    { kind: 'retraction', by: 'author', target: { id: strong('s1') } },
  ],
  [
    'XEP-0424 of old',
    line(xml('apply-to', { xmlns: 'urn:xmpp:fasten:0', id: 's1' }, retract0)),
    { kind: 'retraction', by: 'author', target: { id: strong('s1') } },
  ],
  [
    'XEP-0425 from an occupant is forged',
    line(xml('retract', { xmlns: retract1, id: 's1' }, xml('moderated', { xmlns: 'urn:xmpp:message-moderate:1' })), body('gone')),
    { kind: 'text', text: 'gone' },
  ],
  [
    'XEP-0444',
    line(
      xml(
        'reactions',
        { xmlns: 'urn:xmpp:reactions:0', id: 's1' },
        xml('reaction', {}, '👍'),
        xml('reaction', {}, '👍'),
        xml('reaction', {}, '🐢'),
      ),
    ),
    { kind: 'reaction', mode: 'set', emoji: ['👍', '🐢'], target: { id: strong('s1') } },
  ],
  ['XEP-0444, taken back', line(xml('reactions', { xmlns: 'urn:xmpp:reactions:0', id: 's1' })), { kind: 'reaction', emoji: [] }],
  ['XEP-0066', line(body(pic), oob(pic)), { kind: 'media', sort: 'image', name: 'cat one.png', url: pic }],
  ['XEP-0066 with words', line(body(`look ${pic}`), oob(pic)), { kind: 'media', caption: 'look', url: pic }],
  [
    'XEP-0066 with an address that nobody can open',
    line(body('aesgcm://x'), oob('aesgcm://x')),
    { kind: 'text', text: 'aesgcm://x' },
  ],
  [
    'XEP-0384',
    line(xml('encrypted', { xmlns: 'eu.siacs.conversations.axolotl' }, xml('payload', {}, 'abc')), body('cannot be read')),
    { kind: 'opaque', sort: 'encrypted', label: 'an encrypted message (OMEMO)' },
  ],
  ['XEP-0384 with keys only', line(xml('encrypted', { xmlns: 'eu.siacs.conversations.axolotl' }, xml('header'))), undefined],
  [
    'XEP-0380',
    line(xml('encryption', { xmlns: 'urn:xmpp:eme:0', namespace: 'x:new', name: 'NewCrypt' }), body('cannot be read')),
    { kind: 'opaque', label: 'an encrypted message (NewCrypt)' },
  ],
];

describe('what a groupchat line says', () => {
  test.each(payloads)('%s', (_, el, payload) => {
    if (payload === undefined) expect(said(el)).toBeUndefined();
    else expect(said(el)?.payload).toMatchObject(payload);
  });

  test('XEP-0447 with XEP-0449 is a sticker', () => {
    const file = xml(
      'file',
      { xmlns: 'urn:xmpp:file:metadata:0' },
      xml('media-type', {}, 'image/webp'),
      xml('name', {}, 'ok.webp'),
      xml('size', {}, '120'),
    );
    const sources = xml(
      'sources',
      {},
      xml('url-data', { xmlns: 'http://jabber.org/protocol/url-data', target: 'https://x.example/ok' }),
    );
    const sharing = xml('file-sharing', { xmlns: 'urn:xmpp:sfs:0' }, file, sources);
    const el = line(sharing, xml('sticker', { xmlns: 'urn:xmpp:stickers:0', pack: 'p' }), body('👌'));
    const payload = { kind: 'media', sort: 'sticker', name: 'ok.webp', size: 120, mediaType: 'image/webp', caption: '👌' };
    expect(said(el)?.payload).toEqual({ ...payload, url: 'https://x.example/ok' });
  });

  test('XEP-0425 from the room names the moderator as the one who did it', () => {
    const moderated = xml('moderated', { xmlns: 'urn:xmpp:message-moderate:1', by: 'cafe@muc.example.org/Mod' });
    const el = line(xml('retract', { xmlns: retract1, id: 's1' }, moderated, xml('reason', {}, 'spam')));
    el.attrs.from = 'cafe@muc.example.org';
    expect(said(el)?.payload).toEqual({ kind: 'retraction', by: 'moderator', reason: 'spam', target: { id: strong('s1') } });
  });
});

describe('XEP-0461', () => {
  const reply = xml('reply', { xmlns: 'urn:xmpp:reply:0', to: 'cafe@muc.example.org/Ben', id: 's7' });

  test('the quote is cut by code points, and kept as an excerpt', () => {
    const quote = '> Ben wrote:\n> 🐢 slow\n';
    const el = line(reply, body(`${quote}indeed`), fallback('urn:xmpp:reply:0', 0, Array.from(quote).length));
    expect(said(el)).toEqual({
      payload: { kind: 'text', manner: 'plain', text: 'indeed' },
      reply: { id: strong('s7'), author: 'Ben', excerpt: '🐢 slow' },
    });
  });

  test.each([
    ['nothing would be left', 0, 6],
    ['the range is backwards', 4, 2],
    ['the range begins behind the end', 50, 60],
  ])('the body stays whole where %s', (_, start, end) => {
    expect(said(line(reply, body('indeed'), fallback('urn:xmpp:reply:0', start, end)))?.payload).toMatchObject({
      text: 'indeed',
    });
  });

  test('without a range the body is what was said', () => {
    expect(said(line(reply, body('indeed')))).toMatchObject({ payload: { text: 'indeed' }, reply: { id: { value: 's7' } } });
  });
});

test('nothing that a client can write makes it throw', () => {
  const names = [
    'replace',
    'retract',
    'apply-to',
    'reactions',
    'file-sharing',
    'reference',
    'x',
    'encrypted',
    'encryption',
    'reply',
  ];
  const spaces = [
    'urn:xmpp:message-correct:0',
    retract1,
    'urn:xmpp:fasten:0',
    'urn:xmpp:reactions:0',
    'urn:xmpp:sfs:0',
    'jabber:x:oob',
  ];
  for (const name of names)
    for (const xmlns of [...spaces, 'urn:xmpp:reference:0', 'urn:xmpp:eme:0', 'urn:xmpp:reply:0']) {
      expect(() =>
        said(line(xml(name, { xmlns }), xml(name, { xmlns, id: '' }, xml('url', {}, 'http://')), xml('body'))),
      ).not.toThrow();
    }
});
