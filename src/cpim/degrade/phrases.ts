import type { Envelope, Invitation, Media, Membership, Opaque, Reaction, Retraction, Target } from '../envelope.ts';
import { excerpt, humanSize, nameOf } from './line.ts';

/** What is known of a message that another one is about. */
export interface Quote {
  readonly author?: string;
  readonly excerpt?: string;
}

/** Of two sources the better: what we know ourselves, else what the origin showed with the relation. */
export function known(target: Target, quote: Quote | undefined): Quote {
  const author = excerpt(quote?.author ?? target.author ?? '');
  const said = excerpt(quote?.excerpt ?? target.excerpt ?? '');
  return { ...(author && { author }), ...(said && { excerpt: said }) };
}

/** `Author: excerpt`; undefined if nothing is known. */
export function quoteLine(quote: Quote): string | undefined {
  if (quote.author === undefined && quote.excerpt === undefined) return undefined;
  return [quote.author, quote.excerpt ?? '…'].filter((one) => one !== undefined).join(': ');
}

/** `(removed a message: “excerpt”)`. */
export function retractionLine({ by, reason }: Retraction, quote: Quote): string {
  const whose = quote.author !== undefined && by === 'moderator' ? ` by ${quote.author}` : '';
  const what = quote.excerpt === undefined ? '' : `: “${quote.excerpt}”`;
  const why = excerpt(reason ?? '');
  return `(removed a message${whose}${what}${why && `, reason: ${why}`})`;
}

/** `reacted with 👍 to “excerpt”`; undefined if nothing is left to show. */
export function reactionLine({ mode, emoji }: Reaction, quote: Quote): string | undefined {
  const shown = excerpt(emoji.join(' '));
  if (shown === '' || mode === 'remove') return undefined;
  const what = quote.excerpt === undefined ? 'a message' : `“${quote.excerpt}”`;
  const whose = quote.excerpt === undefined && quote.author !== undefined ? ` by ${quote.author}` : '';
  return `reacted with ${shown} to ${what}${whose}`;
}

const sorts: Readonly<Record<Media['sort'], string>> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
  voice: 'voice message',
  sticker: 'sticker',
  file: 'file',
  location: 'location',
};

/** `name (type, size): URL`, or a description where there is no URL; the caption below. */
export function mediaLine({ sort, name, url, mediaType, size, caption }: Media): string {
  const title = excerpt(name);
  const type = excerpt(mediaType ?? '');
  const isPlain = sort === 'file' || type.startsWith(`${sort}/`);
  const details = [isPlain && type ? '' : sorts[sort], type, size === undefined ? '' : humanSize(size)].filter(
    (one) => one !== '',
  );
  // A URL has no spaces; what is there is a line break in disguise. It is never shortened.
  const link = (url ?? '').replace(/[\s\p{Cc}]+/gu, '');
  const what = `${title || sorts[sort]} (${details.join(', ')})`;
  const line = link ? `${what}: ${link}` : `[${what}: cannot be shown here]`;
  return caption ? `${line}\n${caption}` : line;
}

/** `Alice left (connection lost)`. */
export function membershipLine(payload: Membership, from: Envelope['from']): string {
  const name = excerpt(payload.name) || 'somebody';
  const why = excerpt(payload.reason ?? '');
  const reason = why && `: ${why}`;
  switch (payload.change) {
    case 'join':
      return `${name} joined${reason}`;
    case 'rename': {
      const before = excerpt(from.name ?? '');
      return before && before !== name ? `${before} is now known as ${name}` : `${name} has a new name`;
    }
    case 'leave':
      return `${name} ${leaving(payload)}${reason}`;
  }
}

function leaving({ cause, by }: Membership): string {
  const whom = excerpt(by ?? '');
  switch (cause ?? 'left') {
    case 'kicked':
      return `was removed${whom && ` by ${whom}`}`;
    case 'banned':
      return `was banned${whom && ` by ${whom}`}`;
    case 'lost':
      return 'left (connection lost)';
    case 'left':
      return 'left';
  }
}

/** `(invited Bob: reason)`. */
export function invitationLine({ to, reason }: Invitation): string {
  const why = excerpt(reason ?? '');
  return `(invited ${nameOf(to)}${why && `: ${why}`})`;
}

/** `[an encrypted message: cannot be shown here]`. */
export function opaqueLine({ label }: Opaque): string {
  return `[${excerpt(label) || 'a message of an unknown kind'}: cannot be shown here]`;
}
