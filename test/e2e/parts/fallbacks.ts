import { expect, test } from '@jest/globals';
import { xml } from '@xmpp/client';
import type { Pair } from '../../lab/lab.ts';
import { oneLine, type Scene, type Shared, say, shownBy } from '../lab.ts';

type Rest = Record<string, unknown>;

interface FromMatrix {
  readonly what: string;
  readonly type?: string;
  /** `about` is the event of an earlier line, “a question”. */
  readonly content: (about: string) => Rest;
  readonly shown: string;
}

const info = { mimetype: 'image/png', size: 12_345 };
const media = { url: 'mxc://matrix.localhost/abc', info };
const annotation = (id: string): Rest => ({ rel_type: 'm.annotation', event_id: id, key: '👍' });
const pollStart = {
  question: { 'org.matrix.msc1767.text': 'Tea or coffee?' },
  answers: [
    { id: 'a', 'org.matrix.msc1767.text': 'Tea' },
    { id: 'b', 'org.matrix.msc1767.text': 'Coffee' },
  ],
};

const fromMatrix: readonly FromMatrix[] = [
  {
    what: 'an image',
    content: () => ({ ...media, msgtype: 'm.image', body: 'cat.png' }),
    shown: '[cat.png (image/png, 12 kB): cannot be shown here]',
  },
  {
    what: 'a file',
    content: () => ({ ...media, msgtype: 'm.file', body: 'notes.pdf', info: { mimetype: 'application/pdf', size: 1_200_000 } }),
    shown: '[notes.pdf (application/pdf, 1.2 MB): cannot be shown here]',
  },
  {
    what: 'an edit',
    content: (id) => ({
      msgtype: 'm.text',
      body: '* an answer',
      'm.new_content': { msgtype: 'm.text', body: 'an answer' },
      'm.relates_to': { rel_type: 'm.replace', event_id: id },
    }),
    shown: '* an answer (was: “a question”)',
  },
  {
    what: 'a reply',
    content: (id) => ({ msgtype: 'm.text', body: 'an answer', 'm.relates_to': { 'm.in_reply_to': { event_id: id } } }),
    shown: '> Alice: a question\nan answer',
  },
  {
    what: 'a reaction',
    type: 'm.reaction',
    content: (id) => ({ 'm.relates_to': annotation(id) }),
    shown: '/me reacted with 👍 to “a question”',
  },
  {
    what: 'a sticker',
    type: 'm.sticker',
    content: () => ({ ...media, body: 'Waving cat' }),
    shown: '[Waving cat (sticker, image/png, 12 kB): cannot be shown here]',
  },
  {
    what: 'an encrypted message',
    type: 'm.room.encrypted',
    content: () => ({
      algorithm: 'm.megolm.v1.aes-sha2',
      ciphertext: 'AwgAEn',
      device_id: 'LAB',
      sender_key: 'abc',
      session_id: 'def',
    }),
    shown: '[an encrypted message: cannot be shown here]',
  },
  {
    what: 'a poll',
    type: 'org.matrix.msc3381.poll.start',
    content: () => ({
      'org.matrix.msc3381.poll.start': pollStart,
      'org.matrix.msc1767.text': 'Tea or coffee?\n1. Tea\n2. Coffee',
    }),
    shown: '[a poll: Tea or coffee? (Tea / Coffee): cannot be shown here]',
  },
  {
    what: 'a location',
    content: () => ({ msgtype: 'm.location', body: 'The garden', geo_uri: 'geo:51.5,-0.1' }),
    shown: 'The garden (location): geo:51.5,-0.1',
  },
];

interface FromXmpp {
  readonly what: string;
  /** `id` is the stanza-id that the room gave to “a question”, `origin` the id of its author's client. */
  readonly children: (id: string, origin: string, author: string) => Parameters<typeof xml>[2][];
  readonly shown: string;
}

const body = (text: string) => xml('body', {}, text);
const url = 'https://files.example/cat.png';
const omemo = xml(
  'encrypted',
  { xmlns: 'eu.siacs.conversations.axolotl' },
  xml('header', { sid: '1' }, xml('iv', {}, 'AAAA')),
  xml('payload', {}, 'AAAA'),
);

const fromXmpp: readonly FromXmpp[] = [
  {
    what: 'a file (XEP-0066)',
    children: () => [body(url), xml('x', { xmlns: 'jabber:x:oob' }, xml('url', {}, url))],
    shown: `cat.png (image): ${url}`,
  },
  {
    what: 'a correction (XEP-0308)',
    children: (_, origin) => [body('an answer'), xml('replace', { xmlns: 'urn:xmpp:message-correct:0', id: origin })],
    shown: '* an answer (was: “a question”)',
  },
  {
    what: 'a retraction (XEP-0424)',
    children: (id) => [
      xml('retract', { xmlns: 'urn:xmpp:message-retract:1', id }),
      body('/me retracted a message'),
      xml('fallback', { xmlns: 'urn:xmpp:fallback:0', for: 'urn:xmpp:message-retract:1' }),
    ],
    shown: '(removed a message: “a question”)',
  },
  {
    what: 'a reaction (XEP-0444)',
    children: (id) => [xml('reactions', { xmlns: 'urn:xmpp:reactions:0', id }, xml('reaction', {}, '👍'))],
    shown: '/me reacted with 👍 to “a question”',
  },
  {
    what: 'a reply (XEP-0461)',
    children: (id, _, author) => [
      body('> a question\nan answer'),
      xml('reply', { xmlns: 'urn:xmpp:reply:0', id, to: author }),
      xml('fallback', { xmlns: 'urn:xmpp:fallback:0', for: 'urn:xmpp:reply:0' }, xml('body', { start: '0', end: '13' })),
    ],
    shown: '> Juliet: a question\nan answer',
  },
  {
    what: 'an OMEMO message',
    children: () => [body('I sent you an OMEMO encrypted message'), omemo],
    shown: '[an encrypted message (OMEMO): cannot be shown here]',
  },
];

/** What is not carried yet is one readable line. */
export function fallbacks(shared: Shared): void {
  let made: Promise<Pair> | undefined;
  const room = (): Promise<Pair> => (made ??= shared.lab.pair('fallbacks'));

  /** The id that its own room gave to a line. */
  async function question(scene: Scene, act: () => Promise<unknown>): Promise<string> {
    const { speaker } = scene;
    const [own] = await shownBy({ ...scene, listeners: [speaker, ...scene.listeners] }, act);
    const id = own?.find(({ text }) => text === 'a question')?.id ?? '';
    expect(id).not.toBe('');
    return id;
  }

  test.each(fromMatrix)('$what from Matrix is one line in the MUC', async ({ type, content, shown }) => {
    const { juliet, romeo, alice } = shared;
    const pair = await room();
    const scene: Scene = { speaker: alice, pair, listeners: [juliet, romeo] };
    const about = await question(scene, () => say(alice, pair, 'a question'));
    await oneLine(scene, shown, () => alice.send(pair.matrix, type ?? 'm.room.message', content(about)));
  });

  test('a message removed in Matrix is one line in the MUC', async () => {
    const { juliet, romeo, alice } = shared;
    const pair = await room();
    const scene: Scene = { speaker: alice, pair, listeners: [juliet, romeo] };
    const about = await question(scene, () => say(alice, pair, 'a question'));
    await oneLine(scene, '(removed a message: “a question”)', () => alice.client.redactEvent(pair.matrix, about));
  });

  test.each(fromXmpp)('$what from XMPP is one line in the Matrix room', async ({ children, shown }) => {
    const { juliet, alice, bob } = shared;
    const pair = await room();
    const scene: Scene = { speaker: juliet, pair, listeners: [alice, bob] };
    let origin = '';
    const id = await question(scene, async () => {
      origin = await juliet.send(pair.xmpp, body('a question'));
    });
    const given = children(id, origin, `${pair.xmpp}/Juliet`).filter((one) => typeof one === 'object');
    await oneLine(scene, shown, () => juliet.send(pair.xmpp, ...given));
  });
}
