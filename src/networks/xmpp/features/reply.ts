import type { Target } from '../../../cpim/envelope.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import { byStanzaId } from './line.ts';

const longest = 400;

/**
 * XEP-0461: what is answered, and the body without the quote that stands in for it (XEP-0428 §3; offsets count code points).
 */
export function replyOf(el: El, body: string): { reply: Target; body: string } | undefined {
  const reply = el.getChild('reply', ns.reply);
  if (!reply?.attrs.id) return undefined;
  const cut = cutFallback(el, body);
  const author = reply.attrs.to?.split('/').slice(1).join('/');
  const excerpt = excerptOf(cut.removed);
  const more = { ...(author ? { author } : {}), ...(excerpt ? { excerpt } : {}) };
  return { reply: byStanzaId(reply.attrs.id, more), body: cut.kept };
}

function cutFallback(el: El, body: string): { kept: string; removed: string } {
  const fallback = el.getChildren('fallback', ns.fallback).find((one) => one.attrs.for === ns.reply);
  const range = fallback?.getChild('body');
  // A fallback that covers the whole body would leave nothing to say: keep the words.
  if (!range?.attrs.end) return { kept: body, removed: '' };
  const points = Array.from(body);
  const start = whole(range.attrs.start ?? '0');
  const end = whole(range.attrs.end);
  if (start === undefined || end === undefined || start >= end || start > points.length) return { kept: body, removed: '' };
  const kept = points.slice(0, start).concat(points.slice(end)).join('');
  if (kept.trim() === '') return { kept: body, removed: '' };
  return { kept, removed: points.slice(start, end).join('') };
}

function whole(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The quoted words, without the marks and without the line that only names the author. */
function excerptOf(quote: string): string {
  const lines = quote.split('\n').map((line) => line.replace(/^>\s?/, ''));
  if (lines.length > 1 && /:\s*$/.test(lines[0] ?? '')) lines.shift();
  return lines.join('\n').trim().slice(0, longest);
}
