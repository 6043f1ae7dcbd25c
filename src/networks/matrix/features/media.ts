import type { Media } from '../../../cpim/envelope.ts';
import { type Json, part, textOf } from '../event.ts';
import type { Feature } from './feature.ts';

/** `m.sticker`. */
export const sticker: Feature = ({ content }) => mediaOf(content, 'sticker');

/** A file of any sort. There is no public URL of a file on a homeserver, so that `url` is set only where somebody else has it. */
export function mediaOf(content: Json, sort: Media['sort']): Media {
  const info = part(content, 'info');
  const body = textOf(content, 'body') ?? '';
  const filename = textOf(content, 'filename');
  const mediaType = textOf(info, 'mimetype');
  const size = info.size;
  const url = linkOf(content, sort);
  return {
    kind: 'media',
    sort: isVoice(content) ? 'voice' : sort,
    // "Media captions": the body is one only where there is a filename, and it is another text.
    name: filename || body || sort,
    ...(filename && body && body !== filename ? { caption: body } : {}),
    ...(url === undefined ? {} : { url }),
    ...(mediaType ? { mediaType } : {}),
    ...(typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? { size } : {}),
  };
}

function linkOf(content: Json, sort: Media['sort']): string | undefined {
  // RFC 5870: whoever has a map can open it.
  if (sort === 'location') return match(textOf(content, 'geo_uri'), /^geo:[-0-9.,]+(?:;[-A-Za-z0-9=.;]*)?$/);
  return match(textOf(content, 'url'), /^https:\/\/[!-~]+$/);
}

function match(text: string | undefined, form: RegExp): string | undefined {
  return text !== undefined && text.length <= 2000 && form.test(text) ? text : undefined;
}

// MSC3245.
function isVoice(content: Json): boolean {
  return 'org.matrix.msc3245.voice' in content || 'm.voice' in content;
}
