import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { features } from '../../src/cpim/envelope.ts';
import type { Endpoint, Host, Network, Person } from '../../src/networks/network.ts';
import { protocols } from '../../src/networks/registry.ts';
import { QuietLog } from '../support/quiet-log.ts';

/** What the kit needs to know of each protocol: a configuration that is valid, rooms as people type them, and two of its people. */
const samples: Record<
  string,
  { readonly config: object; readonly rooms: readonly string[]; readonly people: readonly [string, string] }
> = {
  xmpp: {
    config: { service: 'xmpp://127.0.0.1:1', domain: 'people.example', secret: 'a-long-enough-secret' },
    rooms: ['garden@rooms.example', 'Garden@Rooms.Example'],
    people: ['juliet@example', 'romeo@example'],
  },
  matrix: {
    config: { homeserver: 'http://127.0.0.1:1', domain: 'example', asToken: 'a'.repeat(32), hsToken: 'b'.repeat(32) },
    rooms: ['#garden:example', '!abc:example', '!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM'],
    people: ['@alice:example', '@bob:example'],
  },
};

function fakeHost(): Host {
  const none = async (): Promise<never> => {
    throw new Error('no I/O was asked for');
  };
  return {
    network: 'one',
    install: 'install1',
    accept: none,
    isOwner: () => true,
    isKey: () => false,
    count: () => {},
    state: () => {},
    marker: none,
    known: async (_at, ids) => ids.map(() => false),
    meet: none,
    moved: none,
    gone: () => {},
    trouble: () => {},
    seats: { of: none, keep: none, drop: none },
    notes: { get: none, set: none },
    http: { route: () => {} },
    log: new QuietLog(),
  };
}

const anybody: fc.Arbitrary<Person> = fc.record({
  network: fc.constantFrom('one', 'two', 'irc2'),
  key: fc.string({ unit: 'binary', maxLength: 40 }),
  weak: fc.boolean(),
});
const somebody: fc.Arbitrary<Person> = fc
  .record({ network: fc.constantFrom('one', 'two'), native: fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }) })
  .map(({ network, native }) => ({ network, key: `real:${native}`, weak: false, address: { native, uri: 'im:a@b' } }));

describe.each(protocols.map((protocol) => ({ name: protocol.name, protocol })))('the contract of $name', ({ name, protocol }) => {
  const sample = samples[name];
  if (!sample) throw new Error(`the kit has no sample of ${name}: add one`);
  const connect = (): Network => protocol.connect(protocol.config.parse(sample.config), fakeHost());
  const at = (text: string): Endpoint => {
    const address = protocol.parse(text);
    if (!address) throw new Error(`${text} is not parsed`);
    return { id: 1, room: 1, network: 'one', address, settings: { seats: 'speak' } };
  };

  test('every key of its configuration is explained', () => {
    const schema = z.toJSONSchema(protocol.config, { io: 'input' }) as { properties: Record<string, { description?: string }> };
    const silent = Object.entries(schema.properties).filter(([, part]) => !part.description);
    expect(silent).toEqual([]);
    expect(() => protocol.config.parse({})).toThrow();
  });

  test('addresses have one canonical form, and what is none of ours is none', () => {
    for (const text of sample.rooms) {
      const address = protocol.parse(text);
      expect(address?.uri).toMatch(/^im:[^@\s]+@[^@\s]+$/);
      expect(protocol.parse(address?.native ?? '')).toEqual(address);
    }
    for (const other of Object.entries(samples).filter(([key]) => key !== name)) {
      for (const text of other[1].rooms) expect([text, protocol.parse(text)]).toEqual([text, undefined]);
    }
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void protocol.parse(text)));
  });

  test('its capabilities say something of every feature, without I/O', () => {
    for (const text of sample.rooms) {
      const capabilities = connect().capabilities(at(text));
      expect(Object.keys(capabilities.features).sort()).toEqual([...features].sort());
      expect(capabilities.window).toBeGreaterThanOrEqual(1);
    }
  });

  test('a check of servers that are away names that, says what to do, and shows no secret', async () => {
    const findings = [];
    const config = protocol.config.parse(sample.config);
    const rooms = sample.rooms.map((text) => ({ address: at(text).address, beside: [] }));
    for await (const finding of protocol.check(config, { network: 'one', rooms, url: 'http://127.0.0.1:1' }))
      findings.push(finding);
    expect(findings.filter(({ verdict }) => verdict === 'fault')).toEqual([
      expect.objectContaining({ code: expect.stringMatching(/^[a-z-]+-unreachable$/), fix: expect.any(String) }),
    ]);
    for (const { evidence, fix = '' } of findings) {
      expect(`${evidence}${fix}`).not.toMatch(/\n|a-long-enough-secret|a{32}|b{32}/);
    }
  });

  test('no two people share a ghost, and one person has one', () => {
    const network = connect();
    const people = fc.oneof(anybody, somebody);
    const who = (one: Person): string => `${one.network} ${one.address ? `public ${one.address.native}` : `hidden ${one.key}`}`;
    fc.assert(
      fc.property(people, people, (a, b) => {
        const same = network.ghostFor(a).native === network.ghostFor(b).native;
        return same === (who(a) === who(b));
      }),
      { numRuns: 500 },
    );
  });

  test('a direct chat has one place for each pair, which is no room; who is nobody has none', () => {
    const network = connect();
    const place = (peer: string, ghost: string): string | undefined => network.direct?.({ peer, ghost })?.native;
    const [first, second] = sample.people;
    const ghosts = ['a', 'b'].map(
      (native) => network.ghostFor({ network: 'two', key: '', weak: false, address: { native, uri: '' } }).native,
    );
    const places = [first, second].flatMap((peer) => ghosts.map((ghost) => place(peer, ghost)));
    expect(new Set(places).size).toBe(4);
    for (const [n, native = ''] of places.entries()) {
      expect(native).toContain(n < 2 ? first : second);
      expect(protocol.parse(native)).toBeUndefined();
    }
    expect(place('no one at all', ghosts[0] ?? '')).toBeUndefined();
  });

  test('people whose addresses differ only in case, or look alike, are different people', () => {
    const network = connect();
    const ghost = (native: string): string =>
      network.ghostFor({ network: 'two', key: native, weak: false, address: { native, uri: 'im:a@b' } }).native;
    const natives = [
      '@a:b',
      '@A:b',
      'a:b',
      'a@b',
      'A@b',
      '@a:B',
      'a%b',
      'a\\40b',
      'a=40b',
      'é@b',
      'e\u0301@b',
      'ａ@b',
      'ß@b',
      'ss@b',
      'ς@b',
      'σ@b',
    ];
    expect(new Set(natives.map(ghost)).size).toBe(natives.length);
    // Nor do they differ only in what a server folds.
    expect(new Set(natives.map((native) => ghost(native).normalize('NFKC').toLowerCase())).size).toBe(natives.length);
  });
});
