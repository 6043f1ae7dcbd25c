import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { acceptable, bare, equal, escapeLocal, format, parse, split, unescapeLocal } from '../../../src/networks/xmpp/jid.ts';

describe('parse: RFC 7622', () => {
  test.each([
    ['juliet@example.com', { local: 'juliet', domain: 'example.com' }],
    ['JULIET@EXAMPLE.COM./Balcony', { local: 'juliet', domain: 'example.com', resource: 'Balcony' }],
    ['a.example.com/b@example.net', { domain: 'a.example.com', resource: 'b@example.net' }],
    ['a@b/c/d@e', { local: 'a', domain: 'b', resource: 'c/d@e' }],
    ['fußball@example.com', { local: 'fußball', domain: 'example.com' }],
    ['ΟΔΟΣ@example.com', { local: 'οδοσ', domain: 'example.com' }],
    ['ς@example.com', { local: 'ς', domain: 'example.com' }],
    ['ＪＵＬＩＥＴ@example.com', { local: 'juliet', domain: 'example.com' }],
    ['E\u0301MILE@example.com', { local: 'émile', domain: 'example.com' }],
    ['אב1@example.com', { local: 'אב1', domain: 'example.com' }],
    ['می\u200Cخواهم@example.com', { local: 'می\u200Cخواهم', domain: 'example.com' }],
    ['क्\u200Dष@example.com', { local: 'क्\u200Dष', domain: 'example.com' }],
    ['x@y/a\u3000b\u00A0c', { local: 'x', domain: 'y', resource: 'a b c' }],
    ['x@y/\uFF26ﬁ♥🌹', { local: 'x', domain: 'y', resource: '\uFF26ﬁ♥🌹' }],
    ['x@XN--BCHER-KVA.example', { local: 'x', domain: 'bücher.example' }],
    ['x@BÜCHER。example', { local: 'x', domain: 'bücher.example' }],
    ['x@שלום.example', { local: 'x', domain: 'שלום.example' }],
    ['x@[2001:DB8::1]', { local: 'x', domain: '[2001:db8::1]' }],
    ['x@192.0.2.1', { local: 'x', domain: '192.0.2.1' }],
    ['x@y/"\'&<>:', { local: 'x', domain: 'y', resource: '"\'&<>:' }],
  ])('%j', (text, jid) => {
    expect(parse(text)).toEqual(jid);
  });

  test.each([
    '',
    '@',
    '/',
    '@/',
    'a@',
    '@b',
    'a@b/',
    'a@b@c',
    'a@@b',
    'a b@c',
    ' a@b',
    'a@b c',
    'a@b/ c',
    "d'artagnan@b",
    'a&b@c',
    'a<b@c',
    'a\u0000b@c',
    'a@b/c\u0000',
    'a@b/c\nd',
    'a@b/c\u200Bd',
    '\u00AD@b',
    'ﬁ@b',
    '½@b',
    '\u1100@b',
    '♥@b',
    '🌹@b',
    '\uE000@b',
    '\uD800@b',
    'a\u00B7b@c',
    'a\u200Db@c',
    'a\u200Cb@c',
    '\u30FB@b',
    '1א@b',
    'aא@b',
    'אa@b',
    'א\u0660' + '1@b',
    '٠۰@b',
    '\u202Ea@b',
    'a@b..c',
    'a@.b',
    'a@b_c',
    'a@-b',
    'a@b-',
    'a@☃.example',
    'a@1א.example',
    'a@אa.example',
    'a@xn--a.example',
    'a@xn--ls8h.example',
    'a@[::1',
    'a@[1.2.3.4]',
    `a@${'b'.repeat(64)}`,
    `${'a'.repeat(1024)}@b`,
    `${'é'.repeat(512)}@b`,
    `a@b/${'é'.repeat(512)}`,
    '@@@/x',
  ])('%j is none', (text) => {
    expect(parse(text)).toBeUndefined();
  });

  test('each part may have 1023 octets, counted when prepared', () => {
    expect(parse(`${'a'.repeat(1023)}@b/${'é'.repeat(511)}a`)?.local).toHaveLength(1023);
    expect(parse(`${'ａ'.repeat(1023)}@b`)?.local).toHaveLength(1023);
  });

  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.stringMatching(/^[!-~]{1,12}$/),
    fc.constantFrom('Σ', 'İ', 'ẞ', 'ﬃ', 'ﾊﾞ', 'Å', 'אב', 'xn--bcher-kva'),
  );

  test('what is prepared stays as it is, and names the same', () => {
    fc.assert(
      fc.property(part, part, part, (local, domain, resource) => {
        for (const text of [
          `${local}@${domain}.example/${resource}`,
          `${local}@example.com`,
          `example.com/${resource}`,
          domain,
        ]) {
          const jid = parse(text);
          if (jid === undefined) continue;
          expect(parse(format(jid))).toEqual(jid);
          expect(equal(text, format(jid))).toBe(true);
          expect(acceptable(text)).toBe(true);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test('the fast way for ASCII and the long way agree', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]{1,8}$/), (text) => {
        // é makes the whole part take the long way; it changes nothing about the rest.
        const quick = parse(`${text}e@example.com`);
        const slow = parse(`${text}é@example.com`);
        expect(slow?.local?.replace('é', 'e')).toBe(quick?.local);
        expect(parse(`a@b/${text}é`)?.resource?.replace('é', 'e')).toBe(parse(`a@b/${text}e`)?.resource);
      }),
      { numRuns: 2_000 },
    );
  });

  test('the memory holds addresses, not the packets that they came in', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 1000; n += 1) {
      const packet = Buffer.from(`<message from='held${n}@example.org/phone'>${'x'.repeat(20_000)}`).toString();
      expect(parse(packet.slice(15, packet.indexOf("'>")))?.local).toBe(`held${n}`);
    }
    collect();
    // A thousand packets are 20 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8_000_000);
  });

  test('the memory is bounded and right', () => {
    const first = parse('someone@example.com/x');
    for (let n = 0; n < 20_000; n += 1) expect(parse(`U${n}@example.com`)).toEqual({ local: `u${n}`, domain: 'example.com' });
    expect(parse('someone@example.com/x')).toEqual(first);
    expect(parse('some one@example.com')).toBeUndefined();
    expect(parse('some one@example.com')).toBeUndefined();
  });
});

describe('split', () => {
  test('cuts and checks nothing else', () => {
    expect(split('Room@MUC.example/a@b/c')).toEqual({ local: 'Room', domain: 'MUC.example', resource: 'a@b/c' });
    expect(split('example.com')).toEqual({ domain: 'example.com' });
    expect(['', '@b', 'a@', 'a/', '/a', 'a@/b'].map(split)).toEqual(Array(6).fill(undefined));
  });
});

describe('format and equal', () => {
  test('bare and full', () => {
    const jid = { local: 'a', domain: 'b', resource: 'c' };
    expect([bare(jid), format(jid), bare({ domain: 'b' }), format({ domain: 'b', resource: 'c' })]).toEqual([
      'a@b',
      'a@b/c',
      'b',
      'b/c',
    ]);
  });

  test('no JID equals anything', () => {
    expect(equal('a b@c', 'a b@c')).toBe(false);
    expect(equal('a@b', 'A@B.')).toBe(true);
    expect(equal('a@b/c', 'a@b/C')).toBe(false);
  });
});

describe('XEP-0106', () => {
  test.each([
    ['space cadet', 'space\\20cadet'],
    ["here's_a_wild_&_/cr%zy/_address", 'here\\27s_a_wild_\\26_\\2fcr%zy\\2f_address'],
    ['c:\\net', 'c\\3a\\net'],
    ['c:\\5commas', 'c\\3a\\5c5commas'],
    ['\\5c5c', '\\5c5c5c'],
    ['\\\\20', '\\\\5c20'],
    ['\\3A', '\\3A'],
    ['"<>@', '\\22\\3c\\3e\\40'],
  ])('%j ⇄ %j', (text, local) => {
    expect(escapeLocal(text)).toBe(local);
    expect(unescapeLocal(local)).toBe(text);
  });

  test.each(['', ' ', ' a', 'a '])('%j has no escaped form', (text) => {
    expect(escapeLocal(text)).toBeUndefined();
  });

  test('whatever is escaped is unescaped, and nothing forbidden is left', () => {
    const tricky = fc.string({
      unit: fc.constantFrom('\\', '2', '0', '5', 'c', '3', 'a', 'f', '4', ' ', '@', ':', '/', '&', 'x', 'é', '🌹'),
    });
    fc.assert(
      fc.property(fc.oneof(tricky, fc.string({ unit: 'binary' })), (text) => {
        const local = escapeLocal(text);
        if (local === undefined) return;
        expect(local).not.toMatch(/[ "&'/:<>@]/);
        expect(unescapeLocal(local)).toBe(text);
      }),
      { numRuns: 5_000 },
    );
  });
});
