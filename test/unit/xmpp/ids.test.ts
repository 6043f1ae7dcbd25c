import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Person } from '../../../src/networks/network.ts';
import { ghostLocal, parseGhostLocal } from '../../../src/networks/xmpp/ids.ts';
import { parse } from '../../../src/networks/xmpp/jid.ts';

const someone = (native: string, network = 'matrix'): Person => ({
  key: native,
  weak: false,
  network,
  address: { uri: 'im:x@y', native },
});
const unknown = (key: string, network = 'matrix'): Person => ({ key, weak: true, network });

// Ids as networks make them, and made to collide: sigils, our own marks, look-alikes of our own forms, letters that fold.
const pieces = fc.constantFrom(
  '@',
  ':',
  '%',
  '~',
  '=',
  '*',
  '\\',
  ' ',
  '/',
  'a',
  'A',
  'b',
  'example.org',
  '40',
  '20',
  '=40',
  '\\40',
  '~~',
  '==',
  'ß',
  'ss',
  'ς',
  'σ',
  'ﬁ',
  'fi',
  'I',
  'ı',
  'İ',
  'é',
  'e\u0301',
  'א',
  'ю',
  'Ю',
  '東',
  '\u200D',
  '🌹',
  '\uD800',
  '%matrix',
  '\u0000',
);
const natives = fc.oneof(
  fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.stringMatching(/^@?[a-zA-Z0-9._=/-]{1,10}(:[a-z.]{1,10})?$/),
);
const names = fc.stringMatching(/^[a-z0-9]{1,6}$/);

describe('the ghost of a person', () => {
  test.each([
    ['@alice:example.org', 'matrix', 'alice\\3aexample.org%matrix'],
    ['alice:example.org', 'matrix', '~alice\\3aexample.org%matrix'],
    ['@Alice:example.org', 'matrix', '==40=41lice=3aexample.org%matrix'],
    ['alice', 'irc', 'alice%irc'],
    ['@alice', 'irc', '\\40alice%irc'],
    ['@a:b@c', 'irc', '\\40a\\3ab\\40c%irc'],
    ['Alice', 'irc', '==41lice%irc'],
    ['[al|ce]`', 'irc', '[al|ce]`%irc'],
    ['sip:alice@example.org', 'sip', 'sip\\3aalice\\40example.org%sip'],
    ['tel:+441632960961', 'sip', '~tel\\3a+441632960961%sip'],
    ['a%b', 'irc', 'a%b%irc'],
    ['юлия', 'irc', 'юлия%irc'],
    ['fußball', 'irc', '=fu=c3=9fball%irc'],
    ['*aaaaaaaaaaaaaaaaaaaaaaaaaa', 'irc', '~*aaaaaaaaaaaaaaaaaaaaaaaaaa%irc'],
  ])('%j on %s is %j', (native, network, local) => {
    expect(ghostLocal(someone(native, network))).toBe(local);
    expect(parseGhostLocal(local)).toEqual({ network, handle: native });
  });

  test('is reversible: the id comes back, or it was one that no address can hold', () => {
    fc.assert(
      fc.property(natives, names, (native, network) => {
        const name = parseGhostLocal(ghostLocal(someone(native, network)));
        if (native !== '' && native.isWellFormed()) expect(name).toEqual({ network, handle: native });
        else expect(name).toEqual({ network, hash: expect.stringMatching(/^[a-z2-7]{26}$/) });
      }),
      { numRuns: 2_000 },
    );
  });

  test('is one person’s alone, however alike the ids', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(natives, fc.constantFrom('m', 'matrix', 'irc')), {
          minLength: 2,
          maxLength: 40,
          selector: ([n, w]) => `${w}\n${n}`,
        }),
        (people) => {
          const locals = people.flatMap(([native, network]) => [ghostLocal(someone(native, network))]);
          expect(new Set(locals).size).toBe(people.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('with letters in the other case it is another’s', () => {
    fc.assert(
      fc.property(natives, (native) => {
        for (const other of [
          native.toUpperCase(),
          native.toLowerCase(),
          native.normalize('NFKC'),
          `@${native}`,
          native.replace(/^@/, ''),
        ]) {
          if (other === native) continue;
          expect(ghostLocal(someone(other))).not.toBe(ghostLocal(someone(native)));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('is a localpart that preparation leaves alone', () => {
    fc.assert(
      fc.property(natives, names, (native, network) => {
        const local = ghostLocal(someone(native, network));
        expect(parse(`${local}@bridge.example`)).toEqual({ local, domain: 'bridge.example' });
      }),
      { numRuns: 2_000 },
    );
  });

  test('every single character gives its own ghost', () => {
    const seen = new Set<string>();
    let points = 0;
    for (let point = 1; point < 0x20000; point += 1) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      points += 1;
      seen.add(ghostLocal(someone(`x${String.fromCodePoint(point)}`)));
    }
    expect(seen.size).toBe(points);
  });

  test('nobody’s public address is a hash of the key, which no id can pose as', () => {
    const local = ghostLocal(unknown('room1\noccupant7'));
    expect(local).toMatch(/^\*[a-z2-7]{26}%matrix$/);
    expect(parseGhostLocal(local)).toEqual({ network: 'matrix', hash: local.slice(1, 27) });
    expect(ghostLocal(someone(local.slice(0, 27)))).not.toBe(local);
    expect(ghostLocal(unknown('room1\noccupant8'))).not.toBe(local);
    expect(ghostLocal(unknown('\uD800'))).not.toBe(ghostLocal(unknown('\uFFFD')));
  });

  test('RFC 4648 §6 and FIPS 180: the hash is what others would compute', () => {
    // printf alice | sha256sum | xxd -r -p | base32 | cut -c1-26 | tr A-Z a-z
    expect(ghostLocal(unknown('alice'))).toBe('*fpmansl7byak6gq7ymzi7j3dve%matrix');
  });

  test('a very long id becomes a hash, and so fits', () => {
    const fits = 'a'.repeat(1023 - '%matrix'.length);
    expect(parseGhostLocal(ghostLocal(someone(fits)))).toEqual({ network: 'matrix', handle: fits });
    expect(ghostLocal(someone(`${fits}a`))).toMatch(/^\*[a-z2-7]{26}%matrix$/);
    expect(ghostLocal(someone('É'.repeat(400)))).toMatch(/^\*/);
  });

  test('a network has letters and digits', () => {
    expect(() => ghostLocal(someone('a', 'my%net'))).toThrow('network name');
  });

  test.each([
    'alice',
    '%matrix',
    'alice%',
    'alice%Matrix',
    'alice%a-b',
    '=%m',
    '=alice%m',
    '=%zz',
    '==4%m',
    '==4G%m',
    '==ff%m',
    '~alice%m',
    '~%m',
    '*alice%m',
    '*%m',
    '@a%m',
    '\\40alice\\3aexample.org%matrix',
    'Alice%irc',
    '',
  ])('%j is no ghost of ours', (local) => {
    expect(parseGhostLocal(local)).toBeUndefined();
  });

  test('only what was written is read', () => {
    fc.assert(
      fc.property(natives, (name) => {
        const ghost = parseGhostLocal(`${name}%m`);
        if (ghost !== undefined && 'handle' in ghost) expect(ghostLocal(someone(ghost.handle, 'm'))).toBe(`${name}%m`);
      }),
      { numRuns: 2_000 },
    );
  });
});
