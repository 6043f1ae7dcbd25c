import type { Payload } from '../../../src/cpim/envelope.ts';
import { capabilities } from '../../../src/networks/matrix/capabilities.ts';
import { clean } from '../../../src/networks/matrix/event.ts';
import { read } from '../../../src/networks/matrix/intake/reading.ts';
import { MatrixNetwork } from '../../../src/networks/matrix/network.ts';
import { People } from '../../../src/networks/matrix/people/people.ts';
import { Room } from '../../../src/networks/matrix/rooms/rooms.ts';
import { Client } from '../../../src/networks/matrix/wire/client.ts';
import { configure, endpoint, FakeCore, ghost, job } from '../matrix/fake-core.ts';
import { FakeHomeserver } from '../matrix/fake-homeserver.ts';
import type { Face } from './face.ts';

const garden = '!garden:hs';
const event = (type: string, content: object): object => ({
  type,
  room_id: garden,
  event_id: '$e',
  sender: '@alice:hs',
  origin_server_ts: 1_700_000_000_000,
  content,
});
const message = (content: object): object => event('m.room.message', { msgtype: 'm.text', ...content });
const html = (formatted: string): object => ({ format: 'org.matrix.custom.html', formatted_body: formatted });
const reply = { 'm.relates_to': { 'm.in_reply_to': { event_id: '$old' } } };

export const matrixSamples: Readonly<Record<string, object>> = {
  text: message({ body: 'two\nlines' }),
  emote: message({ msgtype: 'm.emote', body: 'waves' }),
  notice: message({ msgtype: 'm.notice', body: 'beep' }),
  formatted: message({ body: 'x', ...html('<b>so</b> <i>it</i> <del>was</del> <code>is</code><blockquote>said</blockquote>') }),
  'more formatted': message({ body: 'x', ...html('<u>a</u> <span data-mx-spoiler>b</span> <a href="https://e.org/">c</a>') }),
  'like marks': message({ body: '2 *3* 4' }),
  edit: message({
    body: '* better',
    'm.new_content': { msgtype: 'm.text', body: 'better' },
    'm.relates_to': { rel_type: 'm.replace', event_id: '$old' },
  }),
  redaction: event('m.room.redaction', { redacts: '$old', reason: 'spam' }),
  reaction: event('m.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$old', key: '👍' } }),
  reply: message({ body: 'that', ...reply }),
  'reply of old': message({ body: '> <@bob:hs> what?\n\nthat', ...reply }),
  thread: message({ body: 'there', 'm.relates_to': { rel_type: 'm.thread', event_id: '$root' } }),
  image: message({ msgtype: 'm.image', body: 'cat.png', url: 'mxc://hs/x', info: { mimetype: 'image/png', size: 9 } }),
  location: message({ msgtype: 'm.location', body: 'the pub', geo_uri: 'geo:47.4,8.5' }),
  sticker: event('m.sticker', { body: 'Waving cat', url: 'mxc://hs/x' }),
  encrypted: event('m.room.encrypted', { ciphertext: 'x' }),
  topic: { ...event('m.room.topic', { topic: 'tea' }), state_key: '' },
  mention: message({
    body: 'Bob: hi',
    'm.mentions': { user_ids: ['@bob:hs'] },
    ...html('<a href="https://matrix.to/#/@bob:hs">Bob</a>: hi'),
  }),
};

export async function matrixFace(): Promise<Face> {
  const hs = new FakeHomeserver();
  const url = await hs.start();
  const network = new MatrixNetwork(configure(url), new FakeCore());
  const there = hs.room(garden);
  there.members.set('@alice:hs', { membership: 'join', displayname: 'Alice' });
  await network.start();
  const at = endpoint(garden);
  await network.attach(at, undefined);
  const config = configure('http://127.0.0.1:1');
  const people = new People(new Client(config.homeserver, config.asToken), config);
  const room = new Room(garden, at);
  people.learn(garden, '@alice:hs', 'Alice');
  people.learn(garden, '@bob:hs', 'Bob');
  return {
    name: 'matrix',
    capabilities,
    read(native) {
      const { inbound } = read(room, native, people, { isKey: () => false });
      if (inbound?.kind === 'malformed') throw new Error(inbound.why);
      return inbound?.kind === 'event' ? inbound.envelope : undefined;
    },
    async write(envelope) {
      const before = there.events.length;
      const done = await network.deliver({ ...job(at, envelope.payload, ghost(network, 1, 'Romeo')), envelope });
      const sent = there.events[before];
      if (done.kind !== 'sent' || !sent) throw new Error(JSON.stringify(done));
      // Said by somebody else it is no echo, and the mark is not his.
      const { 'im.rialto': _, ...content } = sent.content;
      return event(sent.type, content);
    },
    seen,
    async close() {
      await network.stop();
      await hs.stop();
    },
  };
}

function seen(payload: Payload): Payload {
  // The bot says it, as software does.
  if (payload.kind === 'notice') return { kind: 'text', manner: 'automated', text: clean(payload.text) };
  if (payload.kind !== 'text') return payload;
  // A text has no language here; its words are all there.
  const { lang: _, ...text } = payload;
  return { ...text, text: clean(text.text) };
}
