import { part, redacts, textOf } from '../event.ts';
import { byEvent, type Feature } from './feature.ts';
import { eventId } from './relation.ts';

/** `m.reaction` with `m.annotation`. */
export const reaction: Feature = ({ content }) => {
  if (Object.keys(content).length === 0) return undefined;
  const about = part(content, 'm.relates_to');
  const target = eventId(about);
  const key = textOf(about, 'key')?.trim();
  if (target === undefined || !key) throw new TypeError('a reaction to nothing, or with nothing');
  // MSC4027: a picture, with the word that one types for it.
  const emoji = key.startsWith('mxc://') ? (textOf(content, 'shortcode') ?? ':picture:') : key;
  return { kind: 'reaction', target: byEvent(target), mode: 'add', emoji: [emoji] };
};

/**
 * `m.room.redaction`. The homeserver lets pass only who may; so whoever is not known to be the author acts for the room.
 */
export const redaction: Feature = (event, scene) => {
  const target = redacts(event);
  if (!target?.startsWith('$')) throw new TypeError('a redaction of nothing');
  const why = textOf(event.content, 'reason')?.trim();
  const by = scene.author(target) === event.sender ? 'author' : 'moderator';
  return { kind: 'retraction', target: byEvent(target), by, ...(why ? { reason: why } : {}) };
};
