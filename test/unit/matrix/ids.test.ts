import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ghostId, parseGhost } from '../../../src/networks/matrix/ids.ts';
import type { Person } from '../../../src/networks/network.ts';

const space = { prefix: '_rialto_', domain: 'example.org' };
const networks = fc.stringMatching(/^[a-z0-9]{1,12}$/);
const person = (network: string, native: string | undefined, key: string): Person => ({
  network,
  key,
  weak: false,
  ...(native === undefined ? {} : { address: { native, uri: 'im:a@b' } }),
});
const natives = fc.string({ unit: 'binary', minLength: 1, maxLength: 50 });
const anybody = fc.tuple(networks, fc.option(natives, { nil: undefined }), natives).map(([network, native, key]) => {
  return person(network, native, native === undefined ? `hidden:${key}` : `real:${native}`);
});

test.each([
  ['romeo@example.org', '@_rialto_xmpp_romeo=40example.org:example.org'],
  ['Romeo@example.org', '@_rialto_xmpp_=52omeo=40example.org:example.org'],
  ['nick_away', '@_rialto_xmpp_nick=5faway:example.org'],
  ['é', '@_rialto_xmpp_=c3=a9:example.org'],
])('the ghost of %s is %s', (native, id) => {
  expect(ghostId(person('xmpp', native, 'k'), space)).toBe(id);
});

test('a public address comes back as it was', () => {
  fc.assert(
    fc.property(networks, natives, (network, native) => {
      const found = parseGhost(ghostId(person(network, native, 'k'), space), space);
      expect(found).toEqual(found !== undefined && 'hash' in found ? { network, hash: found.hash } : { network, native });
      if (native.isWellFormed() && Buffer.byteLength(native) <= 50) expect(found).toEqual({ network, native });
    }),
  );
});

test('two persons never share a ghost, also where a server folds capitals', () => {
  const who = (one: Person): string => JSON.stringify([one.network, one.address?.native ?? null, one.key]);
  fc.assert(
    fc.property(anybody, anybody, (a, b) => {
      const folded = (one: Person): string => ghostId(one, space).toLowerCase();
      return (folded(a) === folded(b)) === (who(a) === who(b));
    }),
    { numRuns: 1000 },
  );
});

test('an id is legal whatever the address is: the grammar of user localparts, 255 octets at most', () => {
  fc.assert(
    fc.property(networks, fc.string({ unit: 'binary', maxLength: 400 }), (network, native) => {
      const id = ghostId(person(network, native, native), space);
      expect(id).toMatch(/^@[a-z0-9._=/+-]+:example\.org$/);
      expect(Buffer.byteLength(id)).toBeLessThanOrEqual(255);
      expect(parseGhost(id, space)?.network).toBe(network);
    }),
  );
});

test('what we did not write is no ghost', () => {
  const others = [
    '@_rialto_xmpp_:example.org',
    '@_rialto_xmpp_=5G:example.org',
    '@_rialto_xmpp_a_b:example.org',
    '@alice:example.org',
  ];
  others.push('@_rialto_xmpp_a:other.org', '@_rialto_xmpp_=61:example.org', '@_rialto_xmpp_=ff:example.org');
  for (const id of others) expect([id, parseGhost(id, space)]).toEqual([id, undefined]);
});
