import { describe, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import type { Sender } from '../../../src/networks/network.ts';
import { factsOf } from '../../../src/networks/xmpp/muc/facts.ts';
import { causeOf, Occupants } from '../../../src/networks/xmpp/muc/occupants.ts';
import { idsOf } from '../../../src/networks/xmpp/muc/reading.ts';
import { senderOf } from '../../../src/networks/xmpp/muc/sender.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';

const room = 'cafe@muc.example.org';
const user = 'http://jabber.org/protocol/muc#user';

function facts(...vars: string[]) {
  const features = ['http://jabber.org/protocol/muc', ...vars].map((name) => xml('feature', { var: name }));
  return factsOf(room, xml('query', {}, ...features));
}
const nonAnonymous = facts('muc_nonanonymous', 'urn:xmpp:occupant-id:0');
const semiAnonymous = facts('urn:xmpp:occupant-id:0', 'urn:xmpp:mam:2');
const old = facts();

const occupantId = (id: string): El => xml('occupant-id', { xmlns: 'urn:xmpp:occupant-id:0', id });
const presence = (...children: El[]): El => xml('presence', { from: `${room}/Anna` }, ...children);
const item = (attrs: Record<string, string>): El => xml('x', { xmlns: user }, xml('item', attrs));
const real = item({ jid: 'anna@example.org/phone', role: 'participant' });

describe('who somebody is', () => {
  test.each([
    ['the real address where everybody sees it', nonAnonymous, presence(real, occupantId('o1')), 'jid:anna@example.org'],
    ['not the one that only we see', semiAnonymous, presence(real, occupantId('o1')), `occ:${room}|o1`],
    ['the nick where the room gives no ids', old, presence(real, occupantId('o1')), `nick:${room}|Anna (weak)`],
    [
      'the nick where the id is doubtful',
      semiAnonymous,
      presence(occupantId('o1'), occupantId('o2')),
      `nick:${room}|Anna (weak)`,
    ],
    ['the id where the address is doubtful', nonAnonymous, presence(real, real, occupantId('o1')), `occ:${room}|o1`],
  ])('%s', (_, where, el, expected) => {
    const { key, weak, name } = senderOf(where, 'Anna', el);
    expect([weak ? `${key} (weak)` : key, name]).toEqual([expected, 'Anna']);
  });

  test('a hidden address is nowhere', () => {
    expect(JSON.stringify(senderOf(semiAnonymous, 'Anna', presence(real, occupantId('o1'))))).not.toContain('anna@example.org');
  });
});

describe('coming and going', () => {
  const away = (attrs: Record<string, string>, ...codes: string[]): El =>
    xml(
      'presence',
      { type: 'unavailable' },
      xml('x', { xmlns: user }, xml('item', attrs, xml('reason', {}, 'why')), ...codes.map((code) => xml('status', { code }))),
    );
  const anna = { key: 'occ:1', weak: false, name: 'Anna' };

  test('two clients of one person are one member', () => {
    const occupants = new Occupants();
    expect(occupants.here('Anna', anna, '')).toBeDefined();
    expect(occupants.here('Anna at work', { ...anna, name: 'Anna at work' }, '')).toBeUndefined();
    expect(occupants.members(() => false)).toHaveLength(1);
    expect(occupants.away('Anna', away({}))).toEqual([]);
    expect(occupants.away('Anna at work', away({}, '307'))).toMatchObject([
      { payload: { change: 'leave', cause: 'kicked', reason: 'why' } },
    ]);
  });

  test('a new nick is a rename, also of who is known by his nick only; who takes the old nick is somebody else', () => {
    const occupants = new Occupants();
    const weak = (name: string): Sender => ({ key: `nick:${room}|${name}`, weak: true, name });
    occupants.here('Anna', anna, '');
    occupants.here('Ben', weak('Ben'), '');
    expect(occupants.away('Anna', away({ nick: 'Ann' }, '303'))).toMatchObject([
      { sender: { key: 'occ:1' }, payload: { change: 'rename', name: 'Ann' } },
    ]);
    expect(occupants.away('Ben', away({ nick: 'Benny' }, '303'))).toMatchObject([
      { sender: { key: weak('Ben').key, name: 'Benny' }, payload: { change: 'rename', name: 'Benny' } },
    ]);
    expect(occupants.here('Benny', weak('Benny'), '')).toBeUndefined();
    expect(occupants.here('Ben', weak('Ben'), '')).toMatchObject({
      sender: { key: `nick2:${room}|Ben` },
      payload: { change: 'join' },
    });
    expect(occupants.here('Ben', weak('Ben'), '')).toBeUndefined();
    expect(occupants.get('Ben')?.sender.key).toBe(`nick2:${room}|Ben`);
    expect(occupants.away('Benny', away({}))).toMatchObject([{ sender: { key: weak('Ben').key }, payload: { change: 'leave' } }]);
  });

  test.each([
    [['301'], 'banned'],
    [['307'], 'kicked'],
    [['307', '333'], 'lost'],
    [['321'], 'kicked'],
    [['332'], 'lost'],
    [[], 'left'],
  ])('status %j is %s', (codes, cause) => {
    expect(causeOf(new Set(codes))).toBe(cause);
  });
});

describe('ids of a line', () => {
  const sid = (by: string, id: string): El => xml('stanza-id', { xmlns: 'urn:xmpp:sid:0', by, id });
  const message = (...children: El[]): El => xml('message', { id: 'm1' }, ...children);
  const weak = { kind: 'message-id', value: 'm1', strong: false };
  // By it a line is known again in the history.
  const line = { kind: 'line', value: expect.any(String), strong: false };

  test.each([
    ['of the room', semiAnonymous, message(sid(room, 's1')), [{ kind: 'stanza-id', value: 's1', strong: true }, weak]],
    ['of somebody else', semiAnonymous, message(sid('x@y', 's1')), [weak]],
    ['twice', semiAnonymous, message(sid(room, 's1'), sid(room, 's2')), [weak]],
    ['in a room that keeps no archive', old, message(sid(room, 's1')), [weak, line]],
  ])('stanza-id %s', (_, where, el, ids) => {
    expect(idsOf(where, el)).toEqual(ids);
  });
});
