import type { Mention } from '../../../cpim/envelope.ts';
import { marking, type Words } from '../../../cpim/text/words.ts';
import { isUserId, userUri } from '../address.ts';
import { clean, type Json, part, textOf } from '../event.ts';
import type { Scene } from './feature.ts';
import { wordsOfHtml } from './html.ts';

// An event has 65,536 octets at most.
const longest = 65_536;
const mostMentions = 50;

/** The words of a message. Where its formatted body has nothing but the text, that is taken as it was typed. */
export function wordsOf(content: Json, body: string, scene: Scene): Words {
  const html = content.format === 'org.matrix.custom.html' ? textOf(content, 'formatted_body') : undefined;
  const formatted = html !== undefined && html.length <= longest ? wordsOfHtml(html, scene.name) : undefined;
  const isMore = formatted?.spans !== undefined || formatted?.mentions !== undefined;
  const words = isMore && formatted.text.trim() !== '' ? formatted : { text: body };
  return marking({ ...words, text: clean(words.text) }, words.spans, mentionsOf(content, words.mentions ?? [], scene));
}

/** "Intentional mentions": where an event says whom it mentions, other links to people are only links. */
function mentionsOf(content: Json, linked: readonly Mention[], scene: Scene): readonly Mention[] {
  const { user_ids: ids, room } = part(content, 'm.mentions');
  if (content['m.mentions'] === undefined) return linked;
  const users = Array.isArray(ids) ? ids.filter((id) => typeof id === 'string' && isUserId(id)) : [];
  const people = [...new Set(users)].slice(0, mostMentions).map((id): Mention => {
    const uri = userUri(id);
    return linked.find((one) => one.who?.uri === uri) ?? { who: { uri, name: scene.name(id) } };
  });
  return room === true ? [...people, {}] : people;
}
