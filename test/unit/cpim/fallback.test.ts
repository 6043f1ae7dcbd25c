import { describe, expect, test } from '@jest/globals';
import { type Context, type Degraded, degrade } from '../../../src/cpim/degrade/degrade.ts';
import { plain } from '../../../src/cpim/degrade/plain.ts';
import type { Envelope, Feature, Level, Payload, Text } from '../../../src/cpim/envelope.ts';
import { inMarks } from '../../../src/cpim/text/marks.ts';
import { able, envelope } from './envelopes.ts';

const id = { kind: 'event', value: '28fd', strong: true };
const target = { id, author: 'Bob', excerpt: 'the original' };
const said = (text: string, manner: Text['manner'] = 'plain'): Text => ({ kind: 'text', manner, text });
const known: Context = { targetKnown: true };

function delivered(done: Degraded): Envelope {
  if (done.kind !== 'deliver') throw new Error(`expected a delivery, got ${JSON.stringify(done)}`);
  return done.envelope;
}

/** What people read: the text, with the asterisk of an emote; and the losses. */
function shown(
  payload: Payload,
  changed: Partial<Record<Feature, Level>>,
  context: Context = known,
  more: Partial<Envelope> = {},
): [string, string] {
  const { payload: left, degradations } = delivered(degrade(envelope(payload, more), able(changed), context));
  const words = left.kind === 'text' ? inMarks(left).text : plain(envelope(left));
  const text = left.kind === 'text' && left.manner === 'emote' ? `/me ${words}` : words;
  return [text, degradations.map(({ feature, level }) => `${feature}:${level}`).join(' ')];
}

describe('a place without', () => {
  test.each<[string, Payload, Partial<Record<Feature, Level>>, [string, string]]>([
    [
      'edits',
      { kind: 'edit', target, text: said('better') },
      { edit: 'fallback' },
      ['* better (was: “the original”)', 'edit:fallback'],
    ],
    [
      'edits, original unknown',
      { kind: 'edit', target: { id }, text: said('better') },
      { edit: 'fallback' },
      ['* better', 'edit:fallback'],
    ],
    [
      'edits, of an emote',
      { kind: 'edit', target, text: said('waves', 'emote') },
      { edit: 'fallback' },
      ['/me waves (was: “the original”)', 'edit:fallback'],
    ],
    [
      'retractions',
      { kind: 'retraction', target, by: 'author' },
      { retraction: 'fallback' },
      ['(removed a message: “the original”)', 'retraction:fallback'],
    ],
    [
      'retractions, by a moderator',
      { kind: 'retraction', target, by: 'moderator', reason: 'spam' },
      { retraction: 'fallback' },
      ['(removed a message by Bob: “the original”, reason: spam)', 'retraction:fallback'],
    ],
    [
      'reactions',
      { kind: 'reaction', target, mode: 'add', emoji: ['👍'] },
      { reaction: 'fallback' },
      ['/me reacted with 👍 to “the original”', 'reaction:fallback'],
    ],
    [
      'reactions and emotes',
      { kind: 'reaction', target: { id }, mode: 'set', emoji: ['👍', '❤️'] },
      { reaction: 'fallback', emote: 'fallback' },
      ['reacted with 👍 ❤️ to a message', 'reaction:fallback'],
    ],
    ['emotes', said('waves', 'emote'), { emote: 'fallback' }, ['* Alice waves', 'emote:fallback']],
    ['a manner for software', said('beep', 'automated'), { automated: 'fallback' }, ['beep', 'automated:fallback']],
    [
      'media',
      {
        kind: 'media',
        sort: 'image',
        name: 'cat.jpg',
        url: 'https://x.example/1',
        mediaType: 'image/jpeg',
        size: 1_234_567,
        caption: 'my cat',
      },
      { media: 'fallback' },
      ['cat.jpg (image/jpeg, 1.2 MB): https://x.example/1\nmy cat', 'media:fallback'],
    ],
    [
      'media, no address',
      { kind: 'media', sort: 'voice', name: '', size: 900 },
      { media: 'fallback' },
      ['[voice message (voice message, 900 B): cannot be shown here]', 'media:fallback'],
    ],
    [
      'media, a sticker',
      { kind: 'media', sort: 'sticker', name: 'party', url: 'https://x.example/s' },
      { media: 'fallback' },
      ['party (sticker): https://x.example/s', 'media:fallback'],
    ],
    [
      'media, a location',
      { kind: 'media', sort: 'location', name: 'the pub', url: 'geo:47.4,8.5' },
      { media: 'fallback' },
      ['the pub (location): geo:47.4,8.5', 'media:fallback'],
    ],
    [
      'a language of ours',
      { kind: 'opaque', sort: 'encrypted', mediaType: 'a/b', base64: '', label: 'an encrypted message' },
      { opaque: 'fallback' },
      ['[an encrypted message: cannot be shown here]', 'opaque:fallback'],
    ],
    [
      'formatting',
      {
        ...said('go there now'),
        spans: [
          { style: 'strong', start: 0, end: 12 },
          { style: 'link', start: 3, end: 8, href: 'https://x/' },
        ],
      },
      { formatting: 'fallback' },
      ['*go there (https://x/) now*', 'formatting:fallback'],
    ],
    [
      'formatting, and nothing in its place',
      { ...said('go now'), spans: [{ style: 'strong', start: 0, end: 2 }] },
      { formatting: 'dropped' },
      ['go now', 'formatting:dropped'],
    ],
    [
      'mentions',
      { ...said('Bob: hi'), mentions: [{ who: { uri: 'im:bob@example.org' }, start: 0, end: 3 }] },
      { mentions: 'fallback' },
      ['Bob: hi', 'mentions:fallback'],
    ],
    [
      'members',
      { kind: 'membership', change: 'join', name: 'Bob' },
      { membership: 'fallback' },
      ['Bob joined', 'membership:fallback'],
    ],
    [
      'members, one thrown out',
      { kind: 'membership', change: 'leave', name: 'Bob', cause: 'kicked', by: 'Eve', reason: 'rude' },
      { membership: 'fallback' },
      ['Bob was removed by Eve: rude', 'membership:fallback'],
    ],
    [
      'changes of names',
      { kind: 'membership', change: 'rename', name: 'Alicia' },
      { rename: 'fallback' },
      ['Alice is now known as Alicia', 'rename:fallback'],
    ],
    [
      'invitations',
      { kind: 'invitation', to: { uri: 'im:bob@example.org' }, reason: 'come' },
      { invitation: 'fallback' },
      ['(invited bob: come)', 'invitation:fallback'],
    ],
    [
      'notices',
      { kind: 'notice', text: 'the topic is now tea' },
      { notice: 'fallback' },
      ['the topic is now tea', 'notice:fallback'],
    ],
  ])('%s', (_, payload, changed, expected) => {
    expect(shown(payload, changed)).toEqual(expected);
  });

  test('the message that is edited or reacted to says it as if it had no such feature', () => {
    const edit: Payload = { kind: 'edit', target: { id }, text: said('better') };
    expect(shown(edit, {}, { targetKnown: false, quote: { excerpt: 'x' } })).toEqual(['* better (was: “x”)', 'edit:fallback']);
    const reaction: Payload = { kind: 'reaction', target, mode: 'add', emoji: ['👍'] };
    const line = '/me reacted with 👍 to “the original”';
    expect(shown(reaction, {}, { targetKnown: false })).toEqual([line, 'reaction:fallback']);
  });

  test('replies quotes in a line above', () => {
    expect(shown(said('yes'), { reply: 'fallback' }, known, { reply: target })).toEqual([
      '> Bob: the original\nyes',
      'reply:fallback',
    ]);
    expect(
      shown(said('yes'), {}, { targetKnown: false, quote: { author: 'Carol', excerpt: 'a\nb' } }, { reply: { id } }),
    ).toEqual(['> Carol: a b\nyes', 'reply:fallback']);
    expect(shown(said('nods', 'emote'), { reply: 'fallback' }, known, { reply: target })).toEqual([
      '/me nods (in reply to “the original”)',
      'reply:fallback',
    ]);
    expect(shown(said('yes'), { reply: 'fallback' }, known, { reply: { id } })).toEqual(['yes', 'reply:dropped']);
  });

  test.each<[Level, string, string]>([
    ['full', 'hi', ''],
    ['partial', 'hi', 'identity:partial'],
    ['fallback', 'Alice: hi', 'identity:fallback'],
    ['dropped', 'hi', 'identity:dropped'],
    ['rejected', 'hi', ''],
  ])('accounts of their own for speakers, %s', (level, text, losses) => {
    expect(shown(said('hi'), { identity: level })).toEqual([text, losses]);
  });

  test('threads shows the message in the room', () => {
    const done = delivered(degrade(envelope(said('hi'), { thread: id }), able({ thread: 'fallback' }), known));
    expect(done.thread).toBeUndefined();
    expect(done.degradations).toEqual([{ feature: 'thread', level: 'dropped' }]);
  });

  test('a feature that it drops shows nothing', () => {
    const dropped: [Payload, Feature][] = [
      [{ kind: 'membership', change: 'join', name: 'Bob' }, 'membership'],
      [{ kind: 'reaction', target, mode: 'add', emoji: ['👍'] }, 'reaction'],
    ];
    for (const [payload, feature] of dropped) {
      const done = degrade(envelope(payload), able({ [feature]: 'dropped' }), known);
      expect(done).toEqual({ kind: 'drop', envelope: envelope(payload, { degradations: [{ feature, level: 'dropped' }] }) });
    }
  });

  test.each<[string, Payload]>([
    ['a removal', { kind: 'reaction', target, mode: 'remove', emoji: ['👍'] }],
    ['an empty set', { kind: 'reaction', target, mode: 'set', emoji: [] }],
  ])('reactions shows nothing of %s', (_, payload) => {
    const done = degrade(envelope(payload), able({ reaction: 'fallback' }), known);
    expect(done.kind).toBe('drop');
    expect(degrade(envelope(payload), able(), known).kind).toBe('deliver');
  });

  test('room for a long text gets a part of it', () => {
    const flags = '🇨🇭'.repeat(10);
    const done = delivered(degrade(envelope(said(flags)), able({ length: 'fallback' }, 40), known));
    expect(done.payload).toEqual(said('🇨🇭🇨🇭🇨🇭… (cut)'));
    expect(done.degradations).toEqual([{ feature: 'length', level: 'fallback' }]);
    expect(degrade(envelope(said(flags)), able({ length: 'rejected' }, 40), known)).toMatchObject({
      kind: 'reject',
      why: { code: 'too-large' },
    });
    expect(delivered(degrade(envelope(said(flags)), able({ length: 'full' }, 40), known)).degradations).toEqual([]);
  });

  test('encryption tells the sender, if it rejects', () => {
    const payload: Payload = { kind: 'opaque', sort: 'encrypted', mediaType: 'a/b', base64: '', label: 'x' };
    expect(degrade(envelope(payload), able({ opaque: 'rejected' }), known)).toMatchObject({
      kind: 'reject',
      why: { code: 'encrypted' },
    });
  });
});

describe('in our own voice', () => {
  const relay: Context = { targetKnown: true, speaker: 'Alice' };
  test.each<[string, Payload, Partial<Record<Feature, Level>>, [string, string]]>([
    ['a text has the name before it', said('hi\nthere'), {}, ['Alice: hi\nthere', 'identity:fallback']],
    ['an emote is told', said('waves', 'emote'), {}, ['* Alice waves', 'identity:fallback']],
    [
      'an emote is told where there are none',
      said('waves', 'emote'),
      { emote: 'fallback' },
      ['* Alice waves', 'emote:fallback identity:fallback'],
    ],
    [
      'a reaction is told',
      { kind: 'reaction', target, mode: 'add', emoji: ['👍'] },
      {},
      ['* Alice reacted with 👍 to “the original”', 'reaction:fallback identity:fallback'],
    ],
    [
      'a retraction is told',
      { kind: 'retraction', target, by: 'author' },
      { retraction: 'fallback' },
      ['Alice: (removed a message: “the original”)', 'retraction:fallback identity:fallback'],
    ],
    ['an edit has the name too', { kind: 'edit', target, text: said('better') }, {}, ['Alice: better', 'identity:fallback']],
    [
      'who comes is said',
      { kind: 'membership', change: 'join', name: 'Alice' },
      { notice: 'fallback' },
      ['Alice joined', 'membership:fallback'],
    ],
    ["nobody's words stay nobody's", { kind: 'notice', text: 'a gap' }, { notice: 'fallback' }, ['a gap', 'notice:fallback']],
  ])('%s', (_, payload, changed, expected) => {
    expect(shown(payload, changed, relay)).toEqual(expected);
  });

  test('a quote stands above the name', () => {
    expect(shown(said('yes'), { reply: 'fallback' }, relay, { reply: target })[0]).toBe('> Bob: the original\nAlice: yes');
  });

  test('a picture says who sent it', () => {
    const done = delivered(degrade(envelope({ kind: 'media', sort: 'image', name: 'cat.jpg' }), able(), relay));
    expect(done.payload).toMatchObject({ kind: 'media', caption: 'sent by Alice' });
  });
});
