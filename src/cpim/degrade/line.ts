/** Lines that people read: excerpts, names, sizes, cuts. All by grapheme, so that no emoji or accent is cut in two. */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

const longest = 120;
// What one looks at to make an excerpt; a grapheme may be made of thousands of marks.
const glance = 2000;

/** One line of at most 120 graphemes, without control characters; empty if the text shows nothing. */
export function excerpt(text: string): string {
  const seen = text.length > glance ? text.slice(0, glance).replace(/[\ud800-\udbff]$/, '') : text;
  // Directional overrides and isolates that are not closed would turn the rest of our line around.
  const line = seen
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
    .trim();
  if (seen === text && line.length <= longest) return line;
  const heads = [...graphemes.segment(line)];
  if (seen === text && heads.length <= longest) return line;
  const cut = heads.slice(0, longest - 1);
  return `${cut
    .map((one) => one.segment)
    .join('')
    .trimEnd()}…`;
}

/** The text in at most so many octets of UTF-8, ended by the mark if there is room for it. */
export function cut(text: string, octets: number, mark: string): string {
  if (text.length * 3 <= octets) return text;
  const whole = Buffer.from(text, 'utf8');
  if (whole.length <= octets) return text;
  let room = octets - Buffer.byteLength(mark);
  if (room < 0) return mark === '' ? '' : cut(text, octets, '');
  // Not inside a character: its further octets begin with the bits 10.
  while (room > 0 && ((whole[room] ?? 0) & 0xc0) === 0x80) room--;
  const index = whole.toString('utf8', 0, room).length;
  const start = graphemes.segment(text).containing(index)?.index ?? index;
  return `${text.slice(0, start).trimEnd()}${mark}`;
}

/** 532 B, 12 kB, 1.2 MB. */
export function humanSize(octets: number): string {
  if (octets < 1000) return `${octets} B`;
  let rest = octets / 1000;
  for (const unit of ['kB', 'MB', 'GB']) {
    if (rest < 999.5) return `${rest < 9.95 ? rest.toFixed(1).replace(/\.0$/, '') : Math.round(rest)} ${unit}`;
    rest /= 1000;
  }
  return `${Math.round(rest)} TB`;
}

/** The name somebody is shown by: his own, else what his URI says. */
export function nameOf(party: { readonly uri: string; readonly name?: string }): string {
  const name = excerpt(party.name ?? '');
  if (name !== '') return name;
  const address = party.uri.replace(/^[A-Za-z][A-Za-z0-9+.-]*:/, '');
  const local = address.slice(0, Math.max(address.lastIndexOf('@'), 0)) || address;
  return excerpt(decoded(local)) || 'somebody';
}

// RFC 3860 §3.1: the localpart of an im: URI is percent-encoded.
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
