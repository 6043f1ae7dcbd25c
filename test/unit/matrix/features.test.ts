import { describe, expect, test } from '@jest/globals';
import type { Envelope } from '../../../src/cpim/envelope.ts';
import { type Read, read } from '../../../src/networks/matrix/intake/reading.ts';
import { People } from '../../../src/networks/matrix/people/people.ts';
import { Room } from '../../../src/networks/matrix/rooms/rooms.ts';
import { Client } from '../../../src/networks/matrix/wire/client.ts';
import { configure, endpoint } from './fake-core.ts';

const config = configure('http://127.0.0.1:1');
const people = new People(new Client(config.homeserver, config.asToken), config);
const room = new Room('!garden:hs', endpoint('!garden:hs'));
const ghost = '@_rialto_other_romeo:hs';
room.seats.set(ghost, 'Romeo');
people.learn(room.id, '@alice:hs', 'Alice');
people.learn(room.id, '@bob:hs', 'Bob');
people.said('$alices', '@alice:hs');

const of = (type: string, content: unknown, more: object = {}): Record<string, unknown> => ({
  type,
  room_id: '!garden:hs',
  event_id: '$e',
  sender: '@alice:hs',
  origin_server_ts: 1_700_000_000_000,
  content,
  ...more,
});
const message = (content: unknown, more?: object) => of('m.room.message', content, more);
const member = (content: unknown, more: object = {}) => of('m.room.member', content, { state_key: '@alice:hs', ...more });
const formerly = (content: unknown) => ({ unsigned: { prev_content: content } });

const host = { isKey: (text: string) => text.startsWith('salt-') };
const readIt = (raw: unknown): Read => read(room, raw, people, host);
function heard(raw: unknown): Envelope {
  const { inbound } = readIt(raw);
  if (inbound?.kind !== 'event') throw new Error(JSON.stringify(inbound));
  return inbound.envelope;
}
const target = (value: string) => ({ id: { kind: 'event', value, strong: true } });
const reply = { 'm.relates_to': { 'm.in_reply_to': { event_id: '$old' } } };

describe('what an event says', () => {
  test.each([
    ['text', message({ msgtype: 'm.text', body: 'hi' }), { kind: 'text', manner: 'plain', text: 'hi' }],
    ['emote', message({ msgtype: 'm.emote', body: 'waves' }), { kind: 'text', manner: 'emote', text: 'waves' }],
    ['notice', message({ msgtype: 'm.notice', body: 'beep' }), { kind: 'text', manner: 'automated', text: 'beep' }],
    ['a msgtype of tomorrow', message({ msgtype: 'org.x', body: 'hm' }), { kind: 'text', manner: 'plain', text: 'hm' }],
    [
      'what no database holds',
      message({ msgtype: 'm.text', body: 'a\0b\ud800' }),
      { kind: 'text', manner: 'plain', text: 'ab\ufffd' },
    ],
    [
      'an image',
      message({ msgtype: 'm.image', body: 'a.png', url: 'mxc://hs/x', info: { mimetype: 'image/png', size: 9 } }),
      { kind: 'media', sort: 'image', name: 'a.png', mediaType: 'image/png', size: 9 },
    ],
    [
      'an encrypted file with a caption',
      message({ msgtype: 'm.file', body: 'look', filename: 'a.pdf', file: { url: 'mxc://hs/x' } }),
      { kind: 'media', sort: 'file', name: 'a.pdf', caption: 'look' },
    ],
    [
      'a file that anybody may open',
      message({ msgtype: 'm.video', body: 'v', url: 'https://x.org/v' }),
      { kind: 'media', sort: 'video', name: 'v', url: 'https://x.org/v' },
    ],
    [
      'a voice message',
      message({ msgtype: 'm.audio', body: 'Voice message', 'org.matrix.msc3245.voice': {} }),
      { kind: 'media', sort: 'voice', name: 'Voice message' },
    ],
    ['a sticker', of('m.sticker', { body: 'cat', url: 'mxc://hs/x' }), { kind: 'media', sort: 'sticker', name: 'cat' }],
    [
      'a place',
      message({ msgtype: 'm.location', body: 'here', geo_uri: 'geo:51.5,-0.1;u=35' }),
      { kind: 'media', sort: 'location', name: 'here', url: 'geo:51.5,-0.1;u=35' },
    ],
    [
      'an edit',
      message({
        msgtype: 'm.text',
        body: '* new',
        'm.new_content': { msgtype: 'm.emote', body: 'new' },
        'm.relates_to': { rel_type: 'm.replace', event_id: '$old' },
      }),
      { kind: 'edit', target: target('$old'), text: { kind: 'text', manner: 'emote', text: 'new' } },
    ],
    [
      'a reaction',
      of('m.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$old', key: '👍' } }),
      { kind: 'reaction', target: target('$old'), mode: 'add', emoji: ['👍'] },
    ],
    [
      'a redaction by the author',
      of('m.room.redaction', { redacts: '$alices', reason: 'typo' }),
      { kind: 'retraction', target: target('$alices'), by: 'author', reason: 'typo' },
    ],
    [
      'a redaction of an old room version, by somebody else',
      of('m.room.redaction', {}, { redacts: '$alices', sender: '@bob:hs' }),
      { kind: 'retraction', target: target('$alices'), by: 'moderator' },
    ],
    [
      'an event of a type of tomorrow, with words',
      of('org.example.thing', { 'm.text': [{ body: '<b>x</b>', mimetype: 'text/html' }, { body: 'x' }] }),
      { kind: 'text', manner: 'plain', text: 'x' },
    ],
    [
      'a new name of the room',
      of('m.room.name', { name: 'Garden' }, { state_key: '' }),
      notice('Alice changed the name of the room to: Garden'),
    ],
    ['no topic', of('m.room.topic', {}, { state_key: '' }), notice('Alice removed the topic')],
    ['a join', member({ membership: 'join', displayname: 'Alice' }), { kind: 'membership', change: 'join', name: 'Alice' }],
    [
      'a kick',
      member({ membership: 'leave', reason: 'noise' }, { sender: '@bob:hs' }),
      { kind: 'membership', change: 'leave', name: 'Alice', cause: 'kicked', by: 'Bob', reason: 'noise' },
    ],
    [
      'a ban',
      member({ membership: 'ban' }, { sender: '@bob:hs', ...formerly({ membership: 'join' }) }),
      { kind: 'membership', change: 'leave', name: 'Alice', cause: 'banned', by: 'Bob' },
    ],
    ['a leave', member({ membership: 'leave' }), { kind: 'membership', change: 'leave', name: 'Alice', cause: 'left' }],
    [
      'a ghost that was put out',
      member({ membership: 'leave' }, { state_key: ghost }),
      notice('Alice removed Romeo from the room'),
    ],
  ])('%s', (_name, raw, payload) => {
    expect(heard(raw).payload).toEqual(payload);
  });

  test.each([
    ['blank', message({ msgtype: 'm.text', body: ' ' })],
    ['removed before it came', message({})],
    ['state that concerns nobody', of('m.room.power_levels', {}, { state_key: '' })],
    ['a type named like a property', of('constructor', {})],
    ['an event of a type of tomorrow, without words', of('org.example.thing', { a: 1 })],
    ['an invitation', member({ membership: 'invite' })],
    ['a ban that is lifted', member({ membership: 'leave' }, { sender: '@bob:hs', ...formerly({ membership: 'ban' }) })],
    [
      'a ban of a ghost that is lifted',
      member({ membership: 'leave' }, { state_key: ghost, ...formerly({ membership: 'ban' }) }),
    ],
    ['what our own say without a key', message({ msgtype: 'm.notice', body: 'x' }, { sender: '@rialto:hs' })],
  ])('nothing: %s', (_name, raw) => {
    expect(readIt(raw).inbound).toBeUndefined();
  });

  test.each([
    ['no object', 'x'],
    ['no sender', message({ msgtype: 'm.text', body: 'x' }, { sender: 5 })],
    ['no body', message({ msgtype: 'm.text', body: { a: 1 } })],
    [
      'an edit without a text',
      message({ msgtype: 'm.text', body: 'x', 'm.relates_to': { rel_type: 'm.replace', event_id: '$o' } }),
    ],
    ['a redaction of nothing', of('m.room.redaction', {})],
    ['a membership of tomorrow', member({ membership: 'hover' })],
  ])('kept with its octets: %s', (_name, raw) => {
    expect(readIt(raw).inbound).toMatchObject({ kind: 'malformed', at: room.at, octets: JSON.stringify(raw) });
  });
});

describe('what cannot be read', () => {
  test('is called by its name', () => {
    const labels = [
      of('m.room.encrypted', { ciphertext: 'x' }),
      of('m.call.invite', { call_id: 'x' }),
      of('org.matrix.msc3381.poll.start', {
        'org.matrix.msc3381.poll.start': {
          question: { 'org.matrix.msc1767.text': 'Tea?' },
          answers: [{ 'org.matrix.msc1767.text': 'yes' }, { 'org.matrix.msc1767.text': 'no' }],
        },
      }),
    ].map((raw) => {
      const { payload } = heard(raw);
      return payload.kind === 'opaque' ? [payload.sort, payload.label] : payload;
    });
    expect(labels).toEqual([
      ['encrypted', 'an encrypted message'],
      ['foreign', 'a call'],
      ['foreign', 'a poll: Tea? (yes / no)'],
    ]);
  });
});

describe('relations', () => {
  test.each([
    ['> <@bob:hs> the question\n> more\n\nthe answer', 'the answer', { author: 'Bob', excerpt: 'the question\nmore' }],
    ['> * <@bob:hs> waves\n\nthe answer', 'the answer', { author: 'Bob', excerpt: 'waves' }],
    ['the answer', 'the answer', {}],
    ['> my own quote\n\nwords', '> my own quote\n\nwords', {}],
    ['> <@bob:hs> only a quote', '> <@bob:hs> only a quote', {}],
  ])('the fallback of a reply is no text of it: %j', (body, text, quote) => {
    const envelope = heard(message({ msgtype: 'm.text', body, ...reply }));
    expect(envelope.payload).toEqual({ kind: 'text', manner: 'plain', text });
    expect(envelope.reply).toEqual({ ...target('$old'), ...quote });
  });

  test('in a thread the last event is not answered, unless somebody says so', () => {
    const inThread = (falling: boolean) =>
      heard(
        message({
          msgtype: 'm.text',
          body: 'x',
          'm.relates_to': {
            rel_type: 'm.thread',
            event_id: '$root',
            is_falling_back: falling,
            'm.in_reply_to': { event_id: '$last' },
          },
        }),
      );
    expect(inThread(true)).toMatchObject({ thread: target('$root').id });
    expect(inThread(true).reply).toBeUndefined();
    expect(inThread(false).reply).toEqual(target('$last'));
  });
});

describe('who and whence', () => {
  test('a sender is his user id, which everybody sees', () => {
    expect(readIt(message({ msgtype: 'm.text', body: 'x' })).inbound).toMatchObject({
      at: room.at,
      ids: [{ kind: 'event', value: '$e', strong: true }],
      from: { key: 'mxid:@alice:hs', weak: false, name: 'Alice', address: { native: '@alice:hs', uri: 'im:alice@hs' } },
      envelope: { from: { uri: 'im:alice@hs', name: 'Alice' }, to: { uri: 'im:!garden@hs' }, time: '2023-11-14T22:13:20.000Z' },
    });
  });

  test('a new name is told with the old one, and kept', () => {
    const renamed = readIt(
      of(
        'm.room.member',
        { membership: 'join', displayname: 'Carla' },
        {
          sender: '@carol:hs',
          state_key: '@carol:hs',
          ...formerly({ membership: 'join', displayname: 'Carol' }),
        },
      ),
    ).inbound;
    expect(renamed).toMatchObject({
      from: { name: 'Carla' },
      envelope: { from: { name: 'Carol' }, payload: { kind: 'membership', change: 'rename', name: 'Carla' } },
    });
    expect(people.name(room.id, '@carol:hs')).toBe('Carla');
  });

  test('a key settles a copy only from an account of ours; copied by somebody else it is nothing', () => {
    const content = { msgtype: 'm.text', body: 'x', 'im.rialto': { key: 'salt-7', part: 1, trace: ['a', 'install1'] } };
    const ids = [{ kind: 'event', value: '$e', strong: true }];
    expect(readIt(message(content, { sender: ghost })).inbound).toEqual({
      kind: 'echo',
      at: room.at,
      key: 'salt-7',
      part: 1,
      ids,
    });
    expect(heard(message(content)).trace).toEqual([]);
    const foreign = { ...content, 'im.rialto': { key: 'other-7', trace: ['a', 5, 'b'] } };
    expect(heard(message(foreign)).trace).toEqual(['a', 'b']);
  });

  test.each([
    [member({ membership: 'ban' }, { state_key: ghost }), { kind: 'unseated', userId: ghost }],
    [member({ membership: 'leave' }, { state_key: '@rialto:hs' }), { kind: 'removed', banned: false, by: '@alice:hs' }],
    [member({ membership: 'invite' }, { state_key: '@rialto:hs' }), { kind: 'invited' }],
    [of('m.room.encryption', { algorithm: 'x' }, { state_key: '' }), { kind: 'encrypted' }],
  ])('what concerns ourselves is to be done', (raw, effect) => {
    expect(readIt(raw).effect).toEqual(effect);
  });
});

function notice(text: string) {
  return { kind: 'notice', text };
}
