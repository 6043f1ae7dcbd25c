import type { Media, Payload, Text } from '../../../cpim/envelope.ts';
import type { Words } from '../../../cpim/text/words.ts';
import { type Event, type Json, part, textOf } from '../event.ts';
import { byEvent, type Feature, type Scene } from './feature.ts';
import { mediaOf } from './media.ts';
import { opaque } from './opaque.ts';
import { relationsOf, replyOf } from './relation.ts';
import { wordsOf } from './words.ts';

const sorts: ReadonlyMap<string, Media['sort']> = new Map([
  ['m.image', 'image'],
  ['m.video', 'video'],
  ['m.audio', 'audio'],
  ['m.file', 'file'],
  ['m.location', 'location'],
]);

/** `m.room.message` (Client-Server API, "Instant Messaging"). */
export const message: Feature = (event, scene) => {
  const { content } = event;
  const { replaces, answers } = relationsOf(content);
  if (replaces !== undefined) return edit(event, replaces, scene);
  const payload = said(event, content, scene);
  if (answers === undefined || payload?.kind !== 'text') return payload;
  return { ...payload, text: replyOf(answers, payload.text, scene.name).body };
};

function said(event: Event, content: Json, scene: Scene): Payload | undefined {
  const type = textOf(content, 'msgtype');
  if (type === undefined) {
    // What is left of an event that was removed before we saw it.
    if (Object.keys(content).length === 0) return undefined;
    throw new TypeError('a message without a msgtype');
  }
  const sort = sorts.get(type);
  if (sort !== undefined) return mediaOf(content, sort);
  if (type === 'm.key.verification.request') return opaque(event, 'foreign', 'a request to verify a device');
  const text = textOf(content, 'body');
  if (text === undefined) throw new TypeError('a message without a body');
  return text.trim() === '' ? undefined : line(type, wordsOf(content, text, scene));
}

/** `m.replace`. The text beside `m.new_content` is only its fallback. */
function edit(event: Event, target: string, scene: Scene): Payload | undefined {
  const fresh = part(event.content, 'm.new_content');
  const now = said(event, fresh, scene);
  if (now === undefined) throw new TypeError('a correction without a new text');
  if (now.kind === 'text') return { kind: 'edit', target: byEvent(target), text: now };
  // What is corrected of a file is its caption.
  return { kind: 'edit', target: byEvent(target), text: line('m.text', { text: textOf(fresh, 'body') ?? '' }) };
}

function line(type: string, words: Words): Text {
  switch (type) {
    case 'm.emote':
      return { kind: 'text', manner: 'emote', ...words };
    case 'm.notice':
    case 'm.server_notice':
      return { kind: 'text', manner: 'automated', ...words };
    default:
      // A type that nobody knows is shown by its body.
      return { kind: 'text', manner: 'plain', ...words };
  }
}
