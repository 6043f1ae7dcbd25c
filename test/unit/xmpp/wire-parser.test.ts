import { expect, test } from '@jest/globals';
import xml, { type Element } from '@xmpp/xml';
import fc from 'fast-check';
import { StreamFault, StreamParser } from '../../../src/networks/xmpp/wire/parser.ts';
import { legal, serialize } from '../../../src/networks/xmpp/wire/serialize.ts';

const header = `<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>`;

class Heard {
  readonly elements: Element[] = [];
  readonly oversized: string[] = [];
  readonly parser: StreamParser;

  constructor(max = 256 * 1024) {
    const events = {
      element: (el: Element) => void this.elements.push(el),
      oversized: (name: string, attrs: Record<string, string>) => void this.oversized.push(`${name} ${attrs.id}`),
    };
    this.parser = new StreamParser(events, max);
    this.parser.octets(Buffer.from(header));
  }

  octets(text: string, size = text.length): this {
    const all = Buffer.from(text);
    for (let at = 0; at < all.length; at += size) this.parser.octets(all.subarray(at, at + size));
    return this;
  }
}

const texts = fc.string({ unit: 'binary' }).map((text) => legal(text).replaceAll('\r', ''));
const stanza = fc
  .record({ body: texts, id: texts, nested: fc.array(texts, { maxLength: 3 }) })
  .map(({ body, id, nested }) =>
    xml('message', { id }, xml('body', {}, body), ...nested.map((text) => xml('x', { xmlns: 'urn:x', n: text }, text, xml('y')))),
  );

test('what is written is read again, however it is cut into packets', () => {
  fc.assert(
    fc.property(fc.array(stanza, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 40 }), (stanzas, size) => {
      const heard = new Heard().octets(stanzas.map(serialize).join(''), size);
      expect(heard.elements.map(serialize)).toEqual(stanzas.map(serialize));
    }),
    { numRuns: 300 },
  );
});

test('rubbish gives elements or a StreamFault, never anything else', () => {
  const rubbish = fc.oneof(
    fc.string({
      unit: fc.constantFrom(
        '<',
        '>',
        '/',
        '"',
        "'",
        '=',
        ' ',
        '&',
        ';',
        '!',
        '?',
        '-',
        '[CDATA[',
        ']]>',
        'a',
        'b:c',
        'xmlns',
        '\u0000',
        '&lt;',
        '</a>',
        '<a>',
      ),
    }),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(rubbish, fc.integer({ min: 1, max: 20 }), (text, size) => {
      try {
        new Heard(1_000).octets(text, size);
      } catch (error) {
        expect(error).toBeInstanceOf(StreamFault);
      }
    }),
    { numRuns: 3_000 },
  );
});

test('line ends are LF, as XML has it; a written CR stays', () => {
  const heard = new Heard().octets('<message><body>a\r\nb\rc&#13;d</body></message>', 1);
  expect(heard.elements[0]?.getChildText('body')).toBe('a\nb\nc\rd');
});

test('CDATA is text, even if it looks like markup', () => {
  for (let size = 1; size < 60; size += 1) {
    const heard = new Heard().octets('<message><body>1<![CDATA[<!-- <?a?> > </body> & ]]>2<![CDATA[]]>3</body></message>', size);
    expect(heard.elements[0]?.getChildText('body')).toBe('1<!-- <?a?> > </body> & 23');
  }
});

test('a stanza over the limit is skipped, and what follows is not', () => {
  const big = (id: string, inner: string) => `<message id='${id}'>${inner}</message>`;
  const heard = new Heard(1_000).octets(
    big('text', `<body>${'x'.repeat(1_500)}</body><after/>`) +
      big('tree', '<a>'.repeat(400) + '</a>'.repeat(400)) +
      big('attribute', `<a b='${'x'.repeat(1_500)}'/>`) +
      big('fits', `<body>${'x'.repeat(900)}</body>`) +
      `<message id='tag' x='${'x'.repeat(1_500)}'/>` +
      big('last', ''),
    100,
  );
  expect(heard.oversized).toEqual(['message text', 'message tree', 'message attribute', 'message tag']);
  expect(heard.elements.map((el) => el.attrs.id)).toEqual(['fits', 'last']);
});

test('depth is limited too', () => {
  const heard = new Heard().octets(`<iq id='deep'>${'<a>'.repeat(300)}${'</a>'.repeat(300)}</iq><iq id='next'/>`);
  expect(heard.oversized).toEqual(['iq deep']);
  expect(heard.elements.map((el) => el.attrs.id)).toEqual(['next']);
});

test.each([
  ['without a bracket', 'x'],
  ['with brackets', 'x>'],
])('one text without end, %s, ends the stream before memory does', (_, piece) => {
  const heard = new Heard(1_000);
  const start = () => heard.octets(`<message><body>${piece.repeat(10_000)}`, 64);
  expect(start).toThrow(StreamFault);
  expect(heard.oversized).toEqual([]);
});

test('a long text costs time in proportion to its length', () => {
  const spent = (length: number): number => {
    const heard = new Heard(16 * 1024 * 1024);
    const text = `<message><body>${'x'.repeat(length)}</body></message>`;
    const before = process.cpuUsage();
    heard.octets(text, 1_024);
    const { user, system } = process.cpuUsage(before);
    expect(heard.elements).toHaveLength(1);
    return user + system;
  };
  spent(100_000);
  // 32 times the length; the square would be 1,024 times the time, 4 s (1 MB took 411 ms before). The quickest of three: the collector of a
  // busy machine costs more than the parser.
  const quickest = Math.min(...[1, 2, 3].map(() => spent(3_200_000)));
  expect(quickest).toBeLessThan(300 * Math.max(spent(100_000), 2_000));
});

test('whitespace between stanzas is a keepalive and is not kept', () => {
  const heard = new Heard();
  for (let n = 0; n < 1_000; n += 1) heard.octets(' \n');
  heard.octets('<presence/> \n<presence/>');
  expect(heard.elements).toHaveLength(2);
  expect(heard.parser.root?.children).toEqual([]);
});
