import { describe, expect, test } from '@jest/globals';
import xml, { type Element } from '@xmpp/xml';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { filter } from '../../../src/networks/xmpp/wire/filter.ts';
import { readElement } from '../../../src/networks/xmpp/wire/read.ts';
import { legal } from '../../../src/networks/xmpp/wire/serialize.ts';

const domain = 'bridge.example';
const options = { domain, maxStanza: 256 * 1024 };
const from = `ghost@${domain}`;
const to = 'room@muc.example/Nick';

interface Seen {
  text: string;
  attrs: Record<string, string>;
  names: string[];
}

/** A strict reader, namespaces and all; throws where a server would close the stream. */
function read(text: string): Seen {
  const seen: Seen = { text: '', attrs: {}, names: [] };
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('text', (piece) => {
    seen.text += piece;
  });
  parser.on('opentag', (tag) => {
    seen.names.push(tag.name);
    for (const [name, attr] of Object.entries(tag.attributes)) seen.attrs[`${tag.local} ${name}`] = attr.value;
  });
  parser.write(
    `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>${text}</stream:stream>`,
  );
  parser.close();
  return seen;
}

function passed(el: Element): string {
  const text = filter(el, options);
  if (typeof text !== 'string') throw new Error(`refused: ${text.text}`);
  return text;
}

function refused(el: Element): string {
  const why = filter(el, options);
  if (typeof why === 'string') throw new Error(`passed: ${why}`);
  return why.code;
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.string({
    unit: fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      "'",
      ']]>',
      '&#0;',
      '\u0000',
      '\u0001',
      '\uD800',
      '\uDC00',
      '\uFFFE',
      '\r',
      '\n',
      '\t',
      'a',
      '🌹',
    ),
  }),
);

describe('whatever people write', () => {
  test('in a body it is legal XML, and reads back with U+FFFD for what XML cannot hold', () => {
    fc.assert(
      fc.property(hostile, (body) => {
        const text = passed(xml('message', { from, to }, xml('body', {}, body)));
        expect(read(text).text).toBe(legal(body));
        expect(legal(body)).toHaveLength(body.length);
      }),
      { numRuns: 2_000 },
    );
  });

  test('V6120-11.1-1 in a body it is text and nothing else, whatever markup it looks like', () => {
    const texts = ['<!-- c -->', '<?php die() ?>', '<!DOCTYPE a [<!ENTITY b "c">]>', '&b;&lt;&#1;', ']]><x/>', '<![CDATA[y]]>'];
    for (const text of texts) {
      const written = passed(xml('message', { from, to }, xml('body', {}, text)));
      expect(written.slice(1)).not.toMatch(/<[?!]|&(?!(?:amp|lt|gt|quot|apos);)/);
      expect(readElement(written).getChildText('body')).toBe(text);
      expect(readElement(written).getChildElements()).toHaveLength(1);
    }
  });

  test('in an attribute likewise, tabs and line ends included', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const text = passed(xml('message', { from, to, id: value }, xml('x', { xmlns: 'urn:x', name: value })));
        expect(read(text).attrs).toMatchObject({ 'message id': legal(value), 'x name': legal(value) });
      }),
      { numRuns: 2_000 },
    );
  });

  test('as a nick, a namespace or an element name it is legal or refused', () => {
    const build: ((text: string) => Element)[] = [
      (text) => xml('presence', { from, to: `room@muc.example/${text}` }),
      (text) => xml('presence', { from: `${from}/${text}`, to }),
      (text) => xml('presence', { from: text, to }),
      (text) => xml('presence', { from, to: text }),
      (text) => xml('message', { from, to }, xml('x', { xmlns: text })),
      (text) => xml('message', { from, to }, xml(text)),
      (text) => xml('message', { from, to }, xml('x', { [text]: '1' })),
      (text) => xml('message', { from, to }, xml(`a:${text}`, { 'xmlns:a': 'urn:a', [`a:${text}`]: text })),
      (text) => xml('message', { from, to }, xml('x', { [`xmlns:${text}`]: 'urn:a' })),
    ];
    fc.assert(
      fc.property(hostile, fc.constantFrom(...build), (value, make) => {
        const text = filter(make(value), options);
        if (typeof text === 'string') read(text);
      }),
      { numRuns: 5_000 },
    );
  });

  test('what XML can hold is not touched', () => {
    const body = xml('body', {}, 'a\tb\nc ]]> <é🌹> "');
    expect(passed(xml('message', { from, to }, body))).toContain('<body>a\tb\nc ]]&gt; &lt;é🌹&gt; "</body>');
    expect(legal('\u0000\u0008\u000B\u000C\u000E\u001F\uDFFF\uD800\uFFFE\uFFFF')).toBe('\uFFFD'.repeat(10));
    expect(legal('\t\n\r \u007F\u0085\uD7FF\uE000\uFFFD🌹')).toBe('\t\n\r \u007F\u0085\uD7FF\uE000\uFFFD🌹');
  });
});

describe('addresses', () => {
  test.each([
    ['another domain', 'ghost@evil.example'],
    ['a subdomain', `ghost@sub.${domain}`],
    ['a domain that ends alike', `ghost@evil${domain}`],
    ['the domain in the resource only', `evil.example/@${domain}`],
    ['the domain in other letters', 'ghost@BRIDGE.example'],
    ['the domain with a final dot', `${from}.`],
    ['two at signs', `a@b@${domain}`],
    ['no localpart', `@${domain}`],
    ['an empty resource', `${from}/`],
    ['a space', `a b@${domain}`],
    ['nothing', ''],
  ])('VX0114-3-3 from %s is refused', (_, address) => {
    expect(refused(xml('message', { from: address, to }))).toBe('bad-address');
  });

  test.each([domain, from, `${from}/a b`, `d\\27artagnan@${domain}/🌹`])('from %s passes', (address) => {
    expect(passed(xml('presence', { from: address, to }))).toContain(' from=');
  });

  test.each([
    '',
    '@@@/x',
    'a b@x.example',
    'x..example',
    'a@',
    'a@x.example/',
    '\u0001@x.example',
    `a@x.example/\u0000`,
    `${'a'.repeat(1024)}@x.example`,
  ])('to %j is refused', (address) => {
    expect(refused(xml('message', { from, to: address }))).toBe('bad-address');
  });

  test('to somebody whom only the older rules allow passes', () => {
    for (const address of ['♥@x.example', 'room@muc.example/ᄏᄏ', 'ΑΣ@x.example']) passed(xml('message', { from, to: address }));
  });

  test('VX0114-3-3 both are needed', () => {
    expect(refused(xml('message', { from }))).toBe('bad-address');
    expect(refused(xml('message', { to }))).toBe('bad-address');
  });
});

describe('form', () => {
  test.each(['stream:error', 'body', 'handshake', 'x:message', 'Message', ''])('%j is no stanza', (name) => {
    expect(refused(xml(name, { from, to }))).toBe('malformed');
  });

  test('the namespace of a client stream is left out, a foreign one is refused', () => {
    expect(passed(xml('message', { from, to, xmlns: 'jabber:client' }))).toBe(`<message from="${from}" to="${to}"/>`);
    expect(refused(xml('message', { from, to, xmlns: 'urn:x' }))).toBe('malformed');
  });

  test.each([
    ['an undeclared prefix', () => xml('a:x')],
    ['an undeclared attribute prefix', () => xml('x', { 'a:b': '1' })],
    ['an empty prefix declaration', () => xml('x', { 'xmlns:a': '' })],
    ['a redefined xml prefix', () => xml('x', { 'xmlns:xml': 'urn:x' })],
    ['a reserved namespace', () => xml('x', { xmlns: 'http://www.w3.org/2000/xmlns/' })],
    ['a space in a name', () => xml('x y')],
    ['a name that closes its tag', () => xml('x><y')],
    ['one attribute by two prefixes', () => xml('x', { 'xmlns:a': 'urn:a', 'xmlns:b': 'urn:a', 'a:n': '1', 'b:n': '2' })],
    ['a prefix out of its scope', () => xml('x', {}, xml('y', { 'xmlns:a': 'urn:a' }), xml('a:z'))],
  ])('%s is refused', (_, child) => {
    expect(refused(xml('message', { from, to }, child()))).toBe('malformed');
  });

  test('a declared prefix and xml:lang pass', () => {
    const text = passed(
      xml('message', { from, to, 'xml:lang': 'de' }, xml('a:x', { 'xmlns:a': 'urn:a', 'a:n': '1' }, xml('a:y'))),
    );
    expect(read(text).names).toEqual(['stream:stream', 'message', 'a:x', 'a:y']);
  });

  test('nesting without end is refused, a circle too', () => {
    const circle = xml('message', { from, to }, xml('x'));
    circle.getChild('x')?.append(circle);
    expect(refused(circle)).toBe('malformed');
  });

  test('the limit counts octets', () => {
    const body = (length: number) => xml('message', { from, to }, xml('body', {}, 'é'.repeat(length)));
    const frame = Buffer.byteLength(passed(body(1))) - 2;
    const limit = { domain, maxStanza: frame + 2_000 };
    expect(filter(body(1_000), limit)).toEqual(expect.any(String));
    expect(filter(body(1_001), limit)).toMatchObject({ code: 'too-large' });
  });

  test('nothing that is handed in makes it throw', () => {
    for (const junk of [undefined, null, {}, { name: 'iq' }, { name: 'iq', attrs: null }, 'text', 7]) {
      expect(filter(junk as unknown as Element, options)).toMatchObject({ code: expect.any(String) });
    }
  });
});
