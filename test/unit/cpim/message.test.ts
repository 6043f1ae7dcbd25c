import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatWords, parseWords } from '../../../src/cpim/carry/words.ts';
import { CpimError } from '../../../src/cpim/error.ts';
import { escapeHeader, unescapeHeader } from '../../../src/cpim/message/escape.ts';
import { format, type Mode, parse } from '../../../src/cpim/message/message.ts';
import { formatParty, parseParty } from '../../../src/cpim/message/party.ts';
import { imUri } from '../../../src/cpim/uri.ts';
import { cpuMs } from '../../support/cpu.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\\', '"', "'", '\r', '\n', ' ', ';', 'u', '0', '<', '>', 'é') }),
);
const mime = [['Content-Type', 'text/plain']] as const;
const content = '\r\nContent-Type: text/plain\r\n\r\nhi';

/** The error that reading this gives. */
function failure(input: string | Buffer, mode: Mode = 'strict'): CpimError {
  try {
    parse(input, mode);
  } catch (error) {
    if (error instanceof CpimError) return error;
    throw error;
  }
  throw new Error('it was read');
}

describe('a header value', () => {
  test.each([undefined, 'double', 'single'] as const)('survives its escapes (%s)', (quote) => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(unescapeHeader(escapeHeader(text, quote))).toBe(text);
        expect(escapeHeader(text, quote)).not.toMatch(/[\u0000-\u001f\u007f]/);
      }),
    );
  });

  test('made of words gives them back', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1 }), (words) => {
        expect(parseWords(formatWords(words))).toEqual(words);
      }),
    );
  });

  test.each(['a"b', '"a', 'a;;b', '"a"b', '\\'])('that is no list of words is none: %s', (value) => {
    expect(parseWords(value)).toBeUndefined();
  });

  test('names somebody, whatever his name', () => {
    fc.assert(
      fc.property(fc.option(anyText, { nil: undefined }), fc.string({ unit: 'binary' }), (name, local) => {
        const party = { uri: imUri(local, 'example.org'), ...(name !== undefined && { name }) };
        expect(parseParty(formatParty(party) ?? '')).toEqual(party);
      }),
    );
  });
});

describe('Message/CPIM', () => {
  test('keeps unknown headers octet by octet, in order', () => {
    const head = 'From: <im:a@b>\r\nNS: x <urn:x:1>\r\nx.A:;q=1;lang=fr;r="a b" é \\u0041\\q\r\nB: 2\r\nx.A: 1\r\nB: 1\r\n';
    const { headers, mime, body } = parse(`${head}${content}`, 'strict');
    expect(
      format(
        headers.map(({ address, features, ...rest }) => rest),
        mime,
        body,
      ).toString(),
    ).toBe(`${head.replace(';q=1;lang=fr;r="a b"', ';lang=fr;q=1;r="a b"')}${content}`);
  });

  test('declares a namespace before its use, with a prefix that is free', () => {
    const headers = [
      { name: 'NS', value: 'n1 <urn:x:1>' },
      { name: 'A', ns: 'urn:x:2', text: 'a' },
      { name: 'B', ns: 'urn:x:1', text: 'b' },
      { name: 'C', ns: 'urn:x:2', text: 'c' },
    ];
    expect(format(headers, mime, 'hi').toString()).toBe(
      `NS: n1 <urn:x:1>\r\nNS: n2 <urn:x:2>\r\nn2.A: a\r\nn1.B: b\r\nn2.C: c\r\n${content}`,
    );
  });

  test('with a default namespace can still name the others, if the core has a prefix', () => {
    const core = { name: 'NS', value: 'c <urn:ietf:params:cpim-headers:>' };
    const other = { name: 'NS', value: '<urn:x:1>' };
    const headers = [core, other, { name: 'A', ns: 'urn:x:1', text: 'a' }, { name: 'A', ns: 'urn:x:2', text: 'b' }];
    expect(format(headers, mime, 'hi').toString()).toContain('\r\nA: a\r\nc.NS: n1 <urn:x:2>\r\nn1.A: b\r\n');
    expect(() => format([other, { name: 'A', ns: 'urn:x:2', text: 'b' }], mime, 'hi')).toThrow(CpimError);
  });

  test('has its octets back, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (octets) => {
        const cpim = format([{ name: 'X', text: 'y' }], mime, Buffer.from(octets));
        expect(parse(cpim, 'strict').body.equals(Buffer.from(octets))).toBe(true);
        expect(parse(cpim, 'lenient').body.equals(Buffer.from(octets))).toBe(true);
      }),
    );
  });

  test('comes back as it was, with whatever names and values', () => {
    const name = fc
      .stringMatching(/^[!#-'*+\-0-9A-Z^_`a-z|~]{1,8}$/)
      .filter((one) => !['NS', 'From', 'To', 'cc', 'Require'].includes(one));
    const value = fc.stringMatching(/^[!-~é日](?:[ -~é日]{0,20}[!-~é日])?$/);
    const header = fc.record(
      { name, value, ns: fc.constantFrom('urn:x:1', 'urn:x:2', 'http://x.example/'), lang: fc.constantFrom('en', 'fr-CA') },
      { requiredKeys: ['name', 'value'], noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(header, { minLength: 1, maxLength: 8 }), fc.uint8Array(), (headers, octets) => {
        const back = parse(format(headers, mime, Buffer.from(octets)), 'strict');
        expect(back.headers.filter((one) => one.name !== 'NS' || one.ns !== undefined)).toEqual(headers);
        expect([back.mime, back.body]).toEqual([mime, Buffer.from(octets)]);
      }),
      { numRuns: 1000 },
    );
  });

  test('that is strict reads the same in both modes', () => {
    const text = fc.string({ unit: 'binary' }).filter((value) => value.trim() !== '');
    fc.assert(
      fc.property(fc.array(fc.record({ name: fc.constantFrom('Subject', 'X', 'Y'), text }), { minLength: 1 }), (headers) => {
        const cpim = format([...headers, { name: 'Z', text: 'z' }], mime, 'hi');
        expect(parse(cpim, 'lenient')).toEqual(parse(cpim, 'strict'));
      }),
    );
  });

  test('unfolds MIME headers, which alone may be folded', () => {
    expect(parse('X: y\r\n\r\nContent-Type: text/plain;\r\n charset=utf-8\r\n\r\nhi', 'strict').mime).toEqual([
      ['Content-Type', 'text/plain; charset=utf-8'],
    ]);
  });

  test('tells where it is broken, in octets', () => {
    expect(failure(`Subject: é\r\nSub ject: x\r\n${content}`)).toMatchObject({ kind: 'malformed', position: 13 });
    expect(failure(`Subject: x\r\n\r\nContent-Type: text/plain\r\nbad\r\n\r\nhi`)).toMatchObject({ position: 40 });
  });

  test.each<[string, string | Buffer, CpimError['kind']]>([
    ['too many octets of headers', `X: ${'x'.repeat(1 << 22)}\r\n${content}`, 'unsupported'],
    ['too many headers', `${'X: y\r\n'.repeat(5000)}${content}`, 'unsupported'],
    ['two content types', 'X: y\r\n\r\nContent-Type: a/b\r\ncontent-type: c/d\r\n\r\n', 'malformed'],
    ['a content type that is none', 'X: y\r\n\r\nContent-Type: text\r\n\r\n', 'malformed'],
    ['a delete character', `X: a\u007fb\r\n${content}`, 'malformed'],
    ['two languages', `X:;lang=en;lang=fr a\r\n${content}`, 'malformed'],
  ])('with %s is refused', (_, input, kind) => {
    expect(failure(input).kind).toBe(kind);
  });

  test('gives an error of its own for any octets', () => {
    const piece = fc.constantFrom(
      'From',
      'NS',
      ':',
      ' ',
      '\r\n',
      '\n',
      '\r\n\r\n',
      '<im:a@b>',
      'x',
      '.',
      ';',
      '=',
      '"',
      '\\',
      'Content-Type: a/b',
      '\0',
      'é',
      'Require',
      ',',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.constantFrom('strict' as const, 'lenient' as const), (pieces, mode) => {
        try {
          expect(parse(pieces.join(''), mode).mime).not.toEqual([]);
        } catch (error) {
          if (!(error instanceof CpimError)) throw error;
          expect(error.position).toBeLessThanOrEqual(Buffer.byteLength(pieces.join('')));
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('takes time in proportion to its size, however hostile', () => {
    const long = (part: string) => part.repeat(Math.floor((1 << 19) / part.length));
    const hostile = [
      `X:${long(';a=b')} x`,
      `X:;a="${long('\\\\')} x`,
      `X: ${long('a ')}`,
      `From: ${long('a ')}<im:a@b>`,
      `From: "${long('\\"')}<im:a@b>`,
      `Require: ${long('a,')}a`,
    ];
    const begin = cpuMs();
    for (const line of hostile) {
      try {
        parse(`${line}\r\n${content}`, 'lenient');
      } catch (error) {
        if (!(error instanceof CpimError)) throw error;
      }
    }
    // Whatever is not in proportion takes minutes.
    expect(cpuMs() - begin).toBeLessThan(10_000);
  });
});

test('a header line is what the grammar says it is, whichever way it is read', () => {
  const piece = fc.constantFrom(
    'X',
    'y-Z',
    '.',
    ':',
    ' ',
    '  ',
    ';',
    'a=b',
    '="q;: r"',
    'é',
    '\t',
    '\u0007',
    '"',
    '\\',
    ': ',
    'n.',
  );
  const name = "[!#-'*+\\-0-9A-Z^_`a-z|~]+";
  const value = '[!-~\\u0080-\\uffff](?:[ -~\\u0080-\\uffff]*[!-~\\u0080-\\uffff])?';
  const parameter = `;${name}=(?:"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"|[!#-'*+\\-./0-9A-Z^_\`a-z|~\\u0080-\\uffff]+)`;
  const grammar = new RegExp(`^(?:n\\.)?(${name}):((?:${parameter})*) (${value})$`);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const line = pieces.join('');
      const [, wanted, , said] = grammar.exec(line) ?? [];
      fc.pre(!/^(?:From|To|cc|NS|Require):/.test(line));
      let found: string[] | undefined;
      try {
        const header = parse(`NS: n <urn:n>\r\n${line}\r\n\r\nContent-Type: a/b\r\n\r\n`, 'strict').headers[1];
        found = header && [header.name, header.value];
      } catch (error) {
        expect(error).toBeInstanceOf(CpimError);
      }
      expect(found).toEqual(wanted === undefined ? undefined : [wanted, said]);
    }),
    { numRuns: 5000 },
  );
});
