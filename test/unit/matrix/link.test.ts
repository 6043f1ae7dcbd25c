import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MatrixNetwork } from '../../../src/networks/matrix/network.ts';
import { foreignBridges } from '../../../src/networks/matrix/rooms/bridges.ts';
import { suitable } from '../../../src/networks/matrix/rooms/suitable.ts';
import type { Consent, Neighbour, Wish } from '../../../src/networks/network.ts';
import { configure, endpoint, FakeCore } from './fake-core.ts';
import { FakeHomeserver } from './fake-homeserver.ts';

const cafe = neighbour('xmpp', 'cafe@muc.example');

function neighbour(protocol: string, native: string): Neighbour {
  return { network: `my${protocol}`, protocol, address: { native, uri: `im:${native}` } };
}

function stateEvent(type: string, content: object, more: object = {}): Record<string, unknown> {
  return { type, state_key: '', sender: '@alice:hs', content, ...more };
}

const open = stateEvent('m.room.join_rules', { join_rule: 'public' });

function judged(events: object[], members: string[] = [], wish: Partial<Wish> = {}) {
  const isOurs = (userId: string): boolean => /^@_?rialto/.test(userId) && userId.endsWith(':hs');
  const scenery = { state: events as Record<string, unknown>[], members, bot: '@rialto:hs', isOurs };
  return suitable(scenery, { beside: [cafe], accept: [], ...wish });
}

describe('whether a link suits a room', () => {
  const bridge = (content: object) =>
    stateEvent('uk.half-shot.bridge', content, { state_key: 'org.example://x', sender: '@bridge:far' });

  test.each<[string, object[], string[], { code: string; unless?: Consent; text: RegExp }]>([
    [
      'an encrypted room',
      [open, stateEvent('m.room.encryption', { algorithm: 'x' })],
      [],
      { code: 'encrypted', text: /another room/ },
    ],
    [
      'a room where the bot may not speak',
      [open, stateEvent('m.room.power_levels', { events_default: '5' })],
      [],
      { code: 'moderated', text: /give @rialto:hs a power level of 5$/ },
    ],
    [
      'a closed room where the bot may not invite',
      [stateEvent('m.room.join_rules', { join_rule: 'restricted' }), stateEvent('m.room.power_levels', { invite: 50 })],
      [],
      { code: 'members-only', unless: 'relay', text: /give @rialto:hs a power level of 50$/ },
    ],
    [
      'a room where new members may not speak',
      [open, stateEvent('m.room.power_levels', { events: { 'm.room.message': 9 }, users: { '@rialto:hs': 9 } })],
      [],
      { code: 'moderated', unless: 'relay', text: /let new members speak/ },
    ],
    [
      'a bridge that says it leads to the same protocol',
      [open, bridge({ bridgebot: '@bifrost:far', protocol: { id: 'xmpp-js' }, channel: { id: 'other@muc.example' } })],
      [],
      { code: 'loop', unless: 'other-bridge', text: /@bifrost:far.*may be the same network.*remove it first/ },
    ],
    [
      'a bridge that links these very rooms',
      [open, bridge({ protocol: { id: 'xmpp' }, channel: { id: 'cafe@muc.example' } })],
      [],
      { code: 'loop', unless: 'other-bridge', text: /@bridge:far.*these very rooms/ },
    ],
    [
      'a ghost of another bridge',
      [open],
      ['@_xmpp_romeo:far'],
      { code: 'loop', unless: 'other-bridge', text: /@_xmpp_romeo:far/ },
    ],
    [
      'a ghost of another Rialto',
      [open],
      ['@_rialto_irc_x:far'],
      { code: 'loop', unless: 'other-bridge', text: /_rialto_irc_x/ },
    ],
  ])('%s is refused', (_, events, members, { text, ...expected }) => {
    const refused = judged(events, members);
    const { code, unless } = expected;
    expect(refused).toMatchObject({ kind: 'refused', why: { code, text: expect.stringMatching(text) } });
    expect('unless' in refused ? refused.unless : undefined).toBe(unless);
    // What can be accepted is a warning then; what cannot stays refused.
    const all: Consent[] = ['no-archive', 'other-bridge', 'relay'];
    const accepted = judged(events, members, { accept: all });
    if (unless === undefined) expect(accepted).toMatchObject({ kind: 'refused' });
    else expect(accepted).toEqual([expect.stringMatching(text)]);
  });

  test('a bridge to another kind of network is a warning', () => {
    const members = ['@_discord_1:far', '@telegram_1:hs', '@telegram_2:hs', '@_rialto_xmpp_x:hs', '@alice:hs'];
    const warnings = judged(
      [open, bridge({ bridgebot: '@irc:far', protocol: { id: 'irc' }, channel: { id: '#cafe' } })],
      members,
    );
    expect(warnings).toEqual([
      'another bridge (@irc:far, irc, #cafe) is in the room: some may hear each line by two ways',
      'another bridge (@_discord_1:far, discord) is in the room: some may hear each line by two ways',
      'another bridge (@telegram_1:hs, telegram) is in the room: some may hear each line by two ways',
    ]);
  });

  test('people are no bridges, nor is what a bridge left behind', () => {
    const people = ['@irc:hs', '@signal_fan:hs', '@line:hs', '@linewalker:hs', '@robot:hs', '@xmpp_lover:hs', '@alice:hs'];
    expect(judged([open, bridge({})], people)).toEqual([]);
  });

  test.each(['@_bifrost_a:x', '@appservice-irc:x', '@telegrambot:x', '@_discordbot_:x', '@heisenbridge:x', '@_slackpuppet_1:x'])(
    '%s alone is a bridge',
    (account) => expect(foreignBridges([], [account], () => false)).toMatchObject([{ account }]),
  );

  test('who made a room of version 12 stands above its levels', () => {
    const levels = stateEvent('m.room.power_levels', { events_default: 100 });
    const create = stateEvent('m.room.create', { room_version: '12', additional_creators: ['@rialto:hs'] });
    expect(judged([open, levels, create])).toMatchObject({ unless: 'relay' });
  });
});

describe('the mark that we set', () => {
  const garden = '!garden:hs';
  let hs: FakeHomeserver;
  let core: FakeCore;
  let network: MatrixNetwork;

  beforeEach(async () => {
    hs = new FakeHomeserver();
    const url = await hs.start();
    core = new FakeCore();
    network = new MatrixNetwork(configure(url), core);
    hs.room(garden).members.set('@alice:hs', { membership: 'join' });
    await network.start();
  });
  afterEach(async () => {
    await network.stop();
    await hs.stop();
  });

  const marks = () => [...(hs.rooms.get(garden)?.state ?? [])].filter(([key]) => key.includes('bridge'));

  test('says what shares the room, follows it, and is empty when the link is cut', async () => {
    const at = endpoint(garden);
    await network.attach(at, undefined);
    const content = {
      bridgebot: '@rialto:hs',
      protocol: { id: 'xmpp' },
      network: { id: 'myxmpp' },
      channel: { id: 'cafe@muc.example', displayname: 'cafe@muc.example' },
    };
    await network.beside(at, [cafe, neighbour('irc', '#cafe')]);
    const key = 'im.rialto://rialto:hs/myxmpp/cafe@muc.example';
    expect(marks()).toHaveLength(4);
    expect(marks().slice(0, 2)).toEqual([
      [`m.bridge ${key}`, content],
      [`uk.half-shot.bridge ${key}`, content],
    ]);
    await network.beside(at, [cafe]);
    expect(marks().map(([, one]) => Object.keys(one).length > 0)).toEqual([true, true, false, false]);
    // Its own mark is no other bridge.
    expect(foreignBridges([stateEvent('m.bridge', content)], [], (one) => one === '@rialto:hs')).toEqual([]);
    await network.detach(at);
    expect(marks().every(([, one]) => Object.keys(one).length === 0)).toBe(true);
  });

  test('is left out where the bot may write no state', async () => {
    const at = endpoint(garden);
    await network.attach(at, undefined);
    (hs.rooms.get(garden) as { stateForbidden: boolean }).stateForbidden = true;
    await network.beside(at, [cafe]);
    expect(marks()).toEqual([]);
    await network.detach(at);
    expect(hs.rooms.get(garden)?.members.has('@rialto:hs')).toBe(false);
  });

  test('what is refused leaves the room as it was', async () => {
    hs.rooms.get(garden)?.members.set('@_xmpp_romeo:far', { membership: 'join' });
    const wish: Wish = { beside: [cafe], accept: [] };
    expect(await network.attach(endpoint(garden), undefined, wish)).toMatchObject({ kind: 'refused', unless: 'other-bridge' });
    expect(hs.rooms.get(garden)?.members.has('@rialto:hs')).toBe(false);
    expect(await network.attach(endpoint(garden), undefined, { ...wish, accept: ['other-bridge'] })).toMatchObject({
      kind: 'attached',
      warnings: [expect.stringContaining('remove it first')],
    });
  });
});
