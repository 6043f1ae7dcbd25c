import type { Media } from '../../../cpim/envelope.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import type { Feature, Line } from './line.ts';

interface File {
  readonly url: string;
  readonly name?: string | undefined;
  readonly mediaType?: string | undefined;
  readonly size?: number | undefined;
  readonly about?: string | undefined;
}

const extensions: Readonly<Record<string, Media['sort']>> = {
  avif: 'image',
  bmp: 'image',
  gif: 'image',
  heic: 'image',
  jpeg: 'image',
  jpg: 'image',
  png: 'image',
  svg: 'image',
  webp: 'image',
  m4v: 'video',
  mkv: 'video',
  mov: 'video',
  mp4: 'video',
  webm: 'video',
  aac: 'audio',
  flac: 'audio',
  m4a: 'audio',
  mp3: 'audio',
  oga: 'audio',
  ogg: 'audio',
  opus: 'audio',
  wav: 'audio',
};

function httpUrl(text: string | null | undefined): string | undefined {
  const url = text?.trim() ?? '';
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined;
}

function nameIn(url: string): string {
  const last = new URL(url).pathname.split('/').pop() ?? '';
  try {
    return decodeURIComponent(last) || 'file';
  } catch {
    return last || 'file';
  }
}

function sortOf(name: string, mediaType: string | undefined): Media['sort'] {
  const top = mediaType?.split('/')[0]?.toLowerCase();
  if (top === 'image' || top === 'video' || top === 'audio') return top;
  return extensions[name.split('.').pop()?.toLowerCase() ?? ''] ?? 'file';
}

/** What was said besides the address of the file itself. */
function captionOf(file: File, body: string): string | undefined {
  return body.split(file.url).join('').trim() || file.about?.trim() || undefined;
}

function media(file: File, line: Line, sort?: Media['sort']): Media {
  const name = file.name?.trim() || nameIn(file.url);
  const caption = captionOf(file, line.body);
  return {
    kind: 'media',
    sort: sort ?? sortOf(name, file.mediaType),
    name,
    url: file.url,
    ...(file.mediaType === undefined ? {} : { mediaType: file.mediaType }),
    ...(file.size === undefined ? {} : { size: file.size }),
    ...(caption === undefined || caption === name ? {} : { caption }),
  };
}

function describe(file: El | undefined, url: string): File {
  const size = file?.getChildText('size')?.trim() ?? '';
  return {
    url,
    name: file?.getChildText('name') ?? undefined,
    mediaType: file?.getChildText('media-type')?.trim() || undefined,
    size: /^\d{1,15}$/.test(size) ? Number(size) : undefined,
    about: file?.getChildText('desc') ?? undefined,
  };
}

/** XEP-0066 §4. */
export const oob: Feature = (child, line) => {
  const url = httpUrl(child.getChildText('url'));
  return url === undefined ? undefined : media({ url, about: child.getChildText('desc') ?? undefined }, line);
};

/** XEP-0447; a source that is encrypted (XEP-0448) has no address that anybody can open. */
export const fileSharing: Feature = (child, line) => {
  const source = child.getChild('sources')?.getChild('url-data', ns.urlData);
  const url = httpUrl(source?.attrs.target) ?? httpUrl(line.el.getChild('x', ns.oob)?.getChildText('url'));
  if (url === undefined) return undefined;
  const sticker = line.el.getChild('sticker', ns.sticker) !== undefined;
  return media(describe(child.getChild('file', ns.fileMetadata), url), line, sticker ? 'sticker' : undefined);
};

/** XEP-0385, inside a XEP-0372 reference. */
export const sims: Feature = (child, line) => {
  const sharing = child.getChild('media-sharing', ns.sims);
  const uris =
    sharing
      ?.getChild('sources')
      ?.getChildren('reference')
      .map((one) => one.attrs.uri) ?? [];
  const url = uris.map(httpUrl).find((one) => one !== undefined);
  if (!sharing || url === undefined) return undefined;
  return media(
    describe(
      sharing.getChildElements().find((one) => one.getName() === 'file'),
      url,
    ),
    line,
  );
};
