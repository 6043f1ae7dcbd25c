import xml from '@xmpp/xml';
import type { Payload, Text } from '../../../src/cpim/envelope.ts';
import { capabilitiesOf } from '../../../src/networks/xmpp/capabilities.ts';
import { styled } from '../../../src/networks/xmpp/features/styling.ts';
import { said } from '../../../src/networks/xmpp/features/table.ts';
import { readElement } from '../../../src/networks/xmpp/wire/read.ts';
import { legal, serialize } from '../../../src/networks/xmpp/wire/serialize.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';
import { bench, delivery, ghost } from '../xmpp/fake-muc.ts';
import { type Face, frame } from './face.ts';

const line = (...children: El[]): string =>
  serialize(
    xml('message', { xmlns: 'jabber:client', type: 'groupchat', from: 'cafe@muc.example.org/Anna', to: 'x@y' }, ...children),
  );
const body = (text: string, lang?: string): El => xml('body', lang === undefined ? {} : { 'xml:lang': lang }, text);
const oob = (url: string): El => xml('x', { xmlns: 'jabber:x:oob' }, xml('url', {}, url));

export const xmppSamples: Readonly<Record<string, string>> = {
  text: line(body('two\nlines')),
  emote: line(body('/me waves')),
  styled: line(body('*so* _it_ ~was~ `is`\n> said\n```sh\nls *\n```')),
  unstyled: line(body('2 *3* 4'), xml('unstyled', { xmlns: 'urn:xmpp:styling:0' })),
  languages: line(body('hi', 'en'), body('hallo', 'de')),
  correction: line(body('better'), xml('replace', { xmlns: 'urn:xmpp:message-correct:0', id: 'm1' })),
  retraction: line(body('gone'), xml('retract', { xmlns: 'urn:xmpp:message-retract:1', id: 's1' })),
  reactions: line(xml('reactions', { xmlns: 'urn:xmpp:reactions:0', id: 's1' }, xml('reaction', {}, '👍'))),
  'no reactions': line(xml('reactions', { xmlns: 'urn:xmpp:reactions:0', id: 's1' })),
  reply: line(
    body('> Bob:\n> what?\nthat'),
    xml('reply', { xmlns: 'urn:xmpp:reply:0', id: 's1', to: 'cafe@muc.example.org/Bob' }),
    xml('fallback', { xmlns: 'urn:xmpp:fallback:0', for: 'urn:xmpp:reply:0' }, xml('body', { start: '0', end: '14' })),
  ),
  file: line(body('https://up.example.org/a/cat.png'), oob('https://up.example.org/a/cat.png')),
  encrypted: line(body('I sent you an OMEMO message'), xml('encrypted', { xmlns: 'eu.siacs.conversations.axolotl' })),
  mention: line(
    body('Bob: hi'),
    xml('reference', { xmlns: 'urn:xmpp:reference:0', type: 'mention', begin: '0', end: '3', uri: 'xmpp:bob@example.org' }),
  ),
};

export async function xmppFace(): Promise<Face> {
  const { muc, stay } = bench();
  const entered = await stay.attach(undefined);
  if (entered.kind !== 'attached') throw new Error(JSON.stringify(entered));
  return {
    name: 'xmpp',
    capabilities: capabilitiesOf({ archive: true, window: 64 }),
    read(native) {
      const spoken = said(readElement(String(native)));
      return spoken && { ...frame, ...spoken };
    },
    async write(envelope) {
      const job = delivery(ghost('Mats'), '');
      const done = await stay.room.outbox.deliver({ ...job, envelope });
      const sent = muc.sent.find((el) => el.attrs.id === job.key);
      if (done.kind !== 'sent' || !sent) throw new Error(JSON.stringify(done));
      muc.sent.length = 0;
      muc.lines.length = 0;
      sent.attrs.xmlns = 'jabber:client';
      return serialize(sent);
    },
    seen,
    close: async () => stay.close(),
  };
}

function seen(payload: Payload): Payload {
  // The listener says it: text like any other.
  if (payload.kind === 'notice') return seen({ kind: 'text', manner: 'plain', text: payload.text });
  if (payload.kind !== 'text') return payload;
  const words = { ...payload, text: legal(payload.text) };
  if (words.manner !== 'emote' && words.text.startsWith('/me '))
    return quoted({ ...words, manner: 'emote', text: words.text.slice(4) });
  // No manner for software: recorded as `automated: partial`.
  return quoted(words.manner === 'automated' ? { ...words, manner: 'plain' } : words);
}

/** What begins with `>` is a quote for everybody, whoever typed it. */
function quoted(text: Text): Text {
  const words = styled(text.text);
  const isQuote = text.spans === undefined && words.spans?.every(({ style }) => style === 'quote') === true;
  return isQuote ? { ...text, ...words } : text;
}
