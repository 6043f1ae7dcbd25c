import type { Id, Target } from '../../../cpim/envelope.ts';
import { type Json, part, textOf } from '../event.ts';
import { byEvent } from './feature.ts';

export interface Relations {
  /** `m.replace`: this event is a correction of that one. */
  readonly replaces?: string;
  /** `m.in_reply_to`, unless it only stands in for a thread. */
  readonly answers?: string;
  readonly thread?: Id;
}

/** Client-Server API, "Forming relationships between events". */
export function relationsOf(content: Json): Relations {
  const about = part(content, 'm.relates_to');
  const type = textOf(about, 'rel_type');
  const target = eventId(about);
  const answers = eventId(part(about, 'm.in_reply_to'));
  const inThread = type === 'm.thread' && target !== undefined;
  // "Fallback for unthreaded clients": the last event of the thread, which nobody has answered.
  const answersIt = answers !== undefined && !(inThread && about.is_falling_back === true);
  return {
    ...(type === 'm.replace' && target !== undefined ? { replaces: target } : {}),
    ...(answersIt ? { answers } : {}),
    ...(inThread ? { thread: byEvent(target).id } : {}),
  };
}

export function eventId(of: Json): string | undefined {
  const id = textOf(of, 'event_id');
  return id?.startsWith('$') && id.length <= 255 ? id : undefined;
}

const quoted = /^> <(@[^>\s]+)> ?(.*)$/;

/**
 * A reply and the text without its fallback. Clients that follow v1.12 or older of the specification put the quote of what they
 * answer before the text ("Fallbacks for rich replies").
 */
export function replyOf(
  answers: string,
  body: string,
  name: (userId: string) => string,
): { readonly reply: Target; readonly body: string } {
  const lines = body.split('\n');
  const [, author, first] = quoted.exec(lines[0]?.replace('> * <', '> <') ?? '') ?? [];
  if (author === undefined) return { reply: byEvent(answers), body };
  const end = lines.findIndex((line) => !line.startsWith('>'));
  const rest = end < 0 ? '' : lines.slice(lines[end] === '' ? end + 1 : end).join('\n');
  // Nothing but a quote: it is what somebody wrote, not a fallback.
  if (rest.trim() === '') return { reply: byEvent(answers), body };
  const quote = [first ?? '', ...lines.slice(1, end).map((line) => line.replace(/^>\s?/, ''))].join('\n').trim();
  return { reply: byEvent(answers, { author: name(author), ...(quote === '' ? {} : { excerpt: quote }) }), body: rest };
}
