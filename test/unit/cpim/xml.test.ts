import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CpimError } from '../../../src/cpim/error.ts';
import { formatPidf } from '../../../src/cpim/presence/format-pidf.ts';
import { readPlain } from '../../../src/cpim/xml/plain.ts';
import { readAny, readXml } from '../../../src/cpim/xml/read.ts';
import { isNcName, xmlAttribute, xmlText } from '../../../src/cpim/xml/write.ts';
import { cpuMs } from '../../support/cpu.ts';
import { documents } from './documents.ts';

function failure(xml: string): CpimError {
  try {
    readXml(xml);
  } catch (error) {
    if (error instanceof CpimError) return error;
    throw error;
  }
  throw new Error('it was read');
}

describe('an XML document', () => {
  test('is a tree without prefixes, comments and CDATA', () => {
    const xml =
      '<?xml version="1.0"?><!-- é --><p:a xmlns:p="urn:x" xml:lang="de" b="1" p:b="2">é<c>x&amp;<![CDATA[<y>]]>&#x7a;</c>\r\n</p:a>';
    expect(readXml(xml)).toEqual({
      ns: 'urn:x',
      name: 'a',
      attributes: [
        { ns: 'http://www.w3.org/XML/1998/namespace', name: 'lang', value: 'de' },
        { ns: '', name: 'b', value: '1' },
        { ns: 'urn:x', name: 'b', value: '2' },
      ],
      children: ['é', { ns: '', name: 'c', attributes: [], children: ['x&<y>z'], lang: 'de', at: 83 }, '\n'],
      lang: 'de',
      at: 32,
    });
  });

  test.each<[string, string, CpimError['kind']]>([
    ['nothing', '', 'malformed'],
    ['no element', '<!-- -->', 'malformed'],
    ['two roots', '<a/><b/>', 'malformed'],
    ['text behind', '<a/>x', 'malformed'],
    ['an open element', '<a><b></a>', 'malformed'],
    ['an entity', '<a>&nbsp;</a>', 'malformed'],
    ['a prefix of nothing', '<a x:y="1"/>', 'malformed'],
    ['an attribute twice', '<a x="1" x="2"/>', 'malformed'],
    ['an attribute twice by its namespace', '<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>', 'malformed'],
    ['a control character', '<a>\u0001</a>', 'malformed'],
    ['a control character by its number', '<a>&#1;</a>', 'malformed'],
    ['one that XML 1.1 would allow', '<?xml version="1.1"?><a>&#1;</a>', 'malformed'],
    ['half a character', '<a>\ud800x</a>', 'malformed'],
    ['half a character by its number', '<a>&#xd800;</a>', 'malformed'],
    ['a stray end of CDATA', '<a>]]></a>', 'malformed'],
    ['a document type', '<!DOCTYPE a><a/>', 'refused'],
    ['a document type behind a comment', '<?xml version="1.0"?><!-- --> <!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'refused'],
    ['too much of it', `<a>${'x'.repeat(1 << 20)}</a>`, 'unsupported'],
    ['too much depth', `${'<a>'.repeat(65)}${'</a>'.repeat(65)}`, 'unsupported'],
    ['too many attributes', `<a ${Array.from({ length: 65 }, (_, at) => `a${at}=""`).join(' ')}/>`, 'unsupported'],
  ])('with %s is refused', (_, xml, kind) => {
    expect(failure(xml).kind).toBe(kind);
  });

  test('tells where it is broken, in octets', () => {
    expect(failure('<é>ß&x;</é>').position).toBe(9);
  });

  test('takes time in proportion to its size, however hostile', () => {
    const long = (part: string): string => part.repeat(Math.floor((1 << 20) / part.length) - 10);
    const hostile = [
      `<a>${long('&amp;')}</a>`,
      `<a>${long('<b/>')}</a>`,
      `<a>${long('<![CDATA[x]]>')}</a>`,
      `<a b="${long('&lt;')}"/>`,
      `<a ${long('b')}="1"/>`,
      `<!--${long('-')}`,
      `<a>${long('<b xmlns="u">x</b>')}</a>`,
      long('<'),
      `<a ${Array.from({ length: 50_000 }, (_, at) => `a${at}=""`).join(' ')}/>`,
    ];
    const begin = cpuMs();
    for (const xml of hostile) {
      try {
        readXml(xml);
      } catch (error) {
        if (!(error instanceof CpimError)) throw error;
      }
    }
    // Whatever is not in proportion takes minutes.
    expect(cpuMs() - begin).toBeLessThan(20_000);
  });
});

describe('the quick way to read it', () => {
  const pieces = [
    ...[
      '<a',
      '<p:a',
      '<b',
      '>',
      '/>',
      '</a>',
      '</p:a>',
      '</b>',
      '<a>',
      '<b/>',
      ' ',
      '\n',
      '\t',
      '\r',
      'x',
      'é',
      '🌹',
      '&amp;',
      '&#65;',
    ],
    ...[' x="1"', " y='2'", ' p:x="3"', ' q:x="4"', ' xmlns="u"', ' xmlns=""', ' xmlns:p="u"', ' xmlns:q="u"', ' xmlns:p=""'],
    ...[
      ' xml:lang="en"',
      ' xml:lang=""',
      ' xmlns:xml="v"',
      '"',
      "'",
      '=',
      ':',
      '<',
      '&',
      ']]>',
      '<!-- -->',
      '<![CDATA[<]]>',
      '<?p?>',
    ],
    ...[
      '<?xml version="1.0"?>',
      '<?xml version="1.1"?>',
      '<!DOCTYPE a>',
      '&lt;',
      '&nbsp;',
      '\0',
      '\u0085',
      '\ufffe',
      '-',
      '.',
      '1',
      '_',
    ],
  ];
  const whole = [
    '<b/>',
    'x',
    'é',
    '&amp;',
    '<b x="1">t</b>',
    '<p:c p:x="1" x="2"/>',
    "<c xmlns='v' xml:lang='de'><d/></c>",
    '\n ',
    '🌹',
  ];
  // A document with a few things put in, so that most of what comes out is nearly one.
  const nearly = fc
    .tuple(
      fc.array(
        fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...whole) }, { weight: 1, arbitrary: fc.constantFrom(...pieces) }),
        { maxLength: 6 },
      ),
      fc.constantFrom('', ' xmlns:p="u"', ' xmlns:p="u" xmlns:q="u"'),
      fc.array(fc.tuple(fc.nat({ max: 60 }), fc.constantFrom(...pieces)), { maxLength: 2 }),
    )
    .map(([content, declared, edits]) => {
      let xml = `<p:a${declared} x="1"><b y='&lt;'>t</b>${content.join('')}</p:a>`;
      for (const [at, piece] of edits) xml = xml.slice(0, at) + piece + xml.slice(at);
      return xml;
    });

  test('gives what the parser gives, or leaves it to the parser', () => {
    let taken = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          nearly,
          fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((parts) => parts.join('')),
        ),
        (xml) => {
          const plain = xml.isWellFormed() ? readPlain(xml) : undefined;
          if (plain === undefined) return;
          taken++;
          expect(plain).toEqual(readAny(xml));
        },
      ),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(2000);
  });

  test('is taken by what we write', () => {
    fc.assert(
      fc.property(
        documents,
        (document) => readPlain(formatPidf(document, 'urn:x')) !== undefined || /[\r\t]|&#/.test(formatPidf(document, 'urn:x')),
      ),
    );
  });
});

describe('what is written', () => {
  test('is read as it was, wherever it stands', () => {
    const all = '<&>"\'\t\n\r]]>&amp;&#9;<&>"\'\t\n\r';
    const { attributes, children } = readXml(`<a${xmlAttribute('b', all)}>${xmlText(all)}</a>`);
    expect([attributes[0]?.value, children]).toEqual([all, [all]]);
  });

  test('holds no character that XML cannot', () => {
    for (const char of ['\0', '\u001f', '\ufffe', '\ud800']) {
      expect(() => xmlText(char)).toThrow(CpimError);
      expect(() => xmlAttribute('a', char)).toThrow(CpimError);
    }
  });
});

describe('an XML ID', () => {
  test.each(['a', '_', 'ID-a', 'é', 'a.b-c_1', 'ID-_x1F600_'])('is %s', (text) => {
    expect(isNcName(text)).toBe(true);
  });
  test.each(['', '1a', 'a b', 'a:b', '-a', '.a', '\u265a', 'a/b', '\u00b7a'])('is not %j', (text) => {
    expect(isNcName(text)).toBe(false);
  });
});
