import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CpimError } from '../../../src/cpim/error.ts';
import { formatMailbox, parseMailbox, percentDecode, percentEncode } from '../../../src/cpim/uri.ts';

const anyLocal = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.string({ unit: fc.constantFrom('%', '@', '?', '/', ':', '-', '4', '1', 'é', '🌹', ' ', '\0'), minLength: 1 }),
);

describe('an address URI', () => {
  test.each(['strict3922', 'extended'] as const)('gives back any localpart (%s)', (profile) => {
    fc.assert(
      fc.property(anyLocal, fc.constantFrom('im' as const, 'pres' as const), (local, scheme) => {
        const mailbox = { scheme, local, domain: 'example.org' };
        const uri = formatMailbox(mailbox, profile);
        expect(uri).toMatch(/^(im|pres):[A-Za-z0-9!$*.?_~+=&'%-]+@example\.org$/);
        expect(parseMailbox(uri)).toEqual(mailbox);
      }),
      { numRuns: 1000 },
    );
  });

  test('names the same localpart under either profile', () => {
    const mailbox = { scheme: 'im', local: "mary-jane o'malley", domain: 'example.org' } as const;
    const [strict, extended] = [formatMailbox(mailbox, 'strict3922'), formatMailbox(mailbox, 'extended')];
    expect([strict, extended]).toEqual(['im:mary%2Djane%20o%27malley@example.org', "im:mary-jane%20o'malley@example.org"]);
    expect(parseMailbox(strict)).toEqual(parseMailbox(extended));
  });

  test('has no headers, and no case in its scheme', () => {
    expect(parseMailbox('PRES:fred@example.com?subject=a@b')).toEqual({ scheme: 'pres', local: 'fred', domain: 'example.com' });
  });

  test.each([
    ['', 'malformed'],
    ['im:', 'malformed'],
    ['im:example.org', 'malformed'],
    ['im:@example.org', 'malformed'],
    ['im:a@', 'malformed'],
    ['im:a?b@example.org', 'malformed'],
    ['im:%C3@example.org', 'malformed'],
    ['constructor:a@example.org', 'unsupported'],
    ['mailto:a@example.org', 'unsupported'],
  ])('%j is none', (uri, kind) => {
    expect(() => parseMailbox(uri)).toThrow(CpimError);
    expect(() => parseMailbox(uri)).toThrow(kind);
  });
});

describe('percent escapes', () => {
  test('are reversible over all of Unicode', () => {
    for (let code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 61) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const char = String.fromCodePoint(code);
      expect(percentDecode(percentEncode(char, /[a-z]/))).toBe(char);
    }
  });

  test('that are none stay as they are', () => {
    expect(percentDecode('%zz%4%')).toBe('%zz%4%');
    expect(percentDecode('%2541')).toBe('%41');
    expect(percentDecode('é%C3%A9')).toBe('éé');
  });
});
