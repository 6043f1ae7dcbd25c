import type { Opaque } from '../../../cpim/envelope.ts';
import { type Event, isObject, type Json, textOf } from '../event.ts';
import type { Feature } from './feature.ts';

export function opaque({ type, content }: Event, sort: Opaque['sort'], label: string): Opaque {
  const octets = Buffer.from(JSON.stringify({ type, content }), 'utf8');
  return { kind: 'opaque', sort, mediaType: 'application/json', base64: octets.toString('base64'), label };
}

/** `m.room.encrypted`. */
export const encrypted: Feature = (event) => {
  // Removed before we saw it.
  if (Object.keys(event.content).length === 0) return undefined;
  return opaque(event, 'encrypted', 'an encrypted message');
};

/** The first word of a call; what follows is between the programs. */
export const call: Feature = (event) => opaque(event, 'foreign', 'a call');

/** MSC3381: the question and the answers to choose from. */
export const poll: Feature = (event) => {
  const start = first(event.content, ['m.poll', 'm.poll.start', 'org.matrix.msc3381.poll.start']);
  const question = start && extensible(first(start, ['question']));
  if (!start || question === undefined) return foreign(event, { name: () => '', author: () => undefined });
  const answers = Array.isArray(start.answers) ? start.answers.filter(isObject) : [];
  const choices = answers.slice(0, 20).flatMap((one) => extensible(one) ?? []);
  const label = `a poll: ${question}${choices.length > 0 ? ` (${choices.join(' / ')})` : ''}`;
  return opaque(event, 'foreign', label);
};

/** Any other message-like event, if it has words in it that one can read. */
export const foreign: Feature = ({ content }) => {
  const text = extensible(content) ?? textOf(content, 'body');
  return text === undefined || text.trim() === '' ? undefined : { kind: 'text', manner: 'plain', text };
};

/** MSC1767: `m.text` is a list of forms of one text, the older names hold the plain one. */
function extensible(content: Json | undefined): string | undefined {
  if (!content) return undefined;
  const forms = content['m.text'] ?? content['org.matrix.msc1767.message'];
  if (Array.isArray(forms)) {
    const plain = forms.filter(isObject).find((form) => (form.mimetype ?? 'text/plain') === 'text/plain');
    return plain && textOf(plain, 'body');
  }
  return textOf(content, 'm.text') ?? textOf(content, 'org.matrix.msc1767.text') ?? textOf(content, 'body');
}

function first(of: Json, keys: readonly string[]): Json | undefined {
  return keys.map((key) => of[key]).find(isObject);
}
