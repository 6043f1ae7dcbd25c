import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nickFor, withSuffix } from '../../../src/networks/xmpp/ids.ts';
import { parse } from '../../../src/networks/xmpp/jid.ts';

const displayNames = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  fc
    .array(
      fc.constantFrom(
        ' ',
        'Alice',
        'أليس',
        'אליס',
        '1',
        '٣',
        '🌹',
        '👨‍👩‍👧',
        '🇩🇪',
        '\u0301',
        '\u202E',
        '\u200B',
        '\n',
        '\u0000',
        '\uD800',
        '/',
        '(2)',
        'ﬁ',
        '①',
        'ㅋ',
        '·',
        '\u00A0',
        '\u2028',
      ),
      { maxLength: 80 },
    )
    .map((parts) => parts.join('')),
);
const size = (text: string) => [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].length;

const rightToLeft = /[\u0590-\u08FF\uFB1D-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

describe('nicks', () => {
  test.each([
    ['Alice', 'Alice'],
    ['  Alice \n\t Liddell  ', 'Alice Liddell'],
    ['A\u0000l\u0001ice', 'A l ice'],
    ['\u202Egnp.exe\u202C', 'gnp.exe'],
    ['Al\u200Bi\u00ADce\uFEFF', 'Alice'],
    ['Alice 🌹', 'Alice 🌹'],
    ['❤\uFE0F', '❤'],
    ['أليس', 'أليس'],
    ['אליס 🌹 כהן', 'אליס 🌹 כהן'],
    ['नमस्ते', 'नमस्ते'],
    ['𝐀𝐥𝐢𝐜𝐞 ﬁ', 'Alice fi'],
    ['ㅋㅋ', 'ㅋㅋ'],
    ['Alice أليس', 'Alice'],
    ['أليس Alice', 'أليس'],
    ['a\uD800b', 'ab'],
    ['/me @all', '/me @all'],
    ['x'.repeat(300), 'x'.repeat(64)],
    ['🌹'.repeat(100), '🌹'.repeat(63)],
    ['🇩🇪'.repeat(100), '🇩🇪'.repeat(31)],
    [`Z${'\u0300\u0316'.repeat(50)}`, `Z${'\u0316'.repeat(4)}`],
    ['', 'fallback'],
    [' \u200B\u3164\u2800\n', 'fallback'],
    ['\u0301', 'fallback'],
  ])('%j → %j', (name, nick) => {
    expect(nickFor(name, 'fallback')).toBe(nick);
  });

  test('there is always one', () => {
    expect(nickFor('\u200B', '\u0000')).toBe('Guest');
  });

  test('are resources as they stand, within the limits, and stay what they are', () => {
    fc.assert(
      fc.property(displayNames, (name) => {
        const nick = nickFor(name, 'fallback');
        expect(parse(`room@muc.example/${nick}`)?.resource).toBe(nick);
        expect(nick).toBe(nick.trim());
        expect(nick).toMatch(/[\p{L}\p{N}\p{S}\p{P}]/u);
        expect(size(nick)).toBeLessThanOrEqual(64);
        expect(Buffer.byteLength(nick)).toBeLessThanOrEqual(255);
        expect(nickFor(nick, 'other')).toBe(nick);
      }),
      { numRuns: 2_000 },
    );
  });

  test('with a suffix they still are, and differ', () => {
    fc.assert(
      fc.property(displayNames, fc.integer({ min: 2, max: 10_000 }), (name, n) => {
        const nick = nickFor(name, 'fallback');
        const other = withSuffix(nick, n);
        expect(parse(`room@muc.example/${other}`)?.resource).toBe(other);
        expect(other).not.toBe(nick);
        expect(other).not.toBe(withSuffix(nick, n + 1));
        expect(size(other)).toBeLessThanOrEqual(64);
        expect(Buffer.byteLength(other)).toBeLessThanOrEqual(255);
      }),
      { numRuns: 1_000 },
    );
    expect(withSuffix('Alice', 2)).toBe('Alice (2)');
  });

  test('do not mix directions, which servers refuse (RFC 3454 §6)', () => {
    fc.assert(
      fc.property(displayNames, fc.integer({ min: 2, max: 99 }), (name, n) => {
        for (const nick of [nickFor(name, 'fallback'), withSuffix(nickFor(name, 'fallback'), n)]) {
          if (!/[\u05D0-\u05EA\u0621-\u063A]/.test(nick)) continue;
          expect(nick).not.toMatch(/[A-Za-z]/);
          expect([...nick].at(0)).toMatch(rightToLeft);
          expect([...nick].at(-1)).toMatch(rightToLeft);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
