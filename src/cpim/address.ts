/**
 * Who or where: a neutral URI (`im:`, RFC 3860) plus the protocol's own form of it. Only the protocol's folder makes and
 * parses the native form.
 */
export interface Address {
  readonly uri: string;
  readonly native: string;
}

// Conflict register C2: RFC 3986 unreserved and `!$*+=&'` stay bare, everything else is percent-encoded.
const bare = /[A-Za-z0-9\-._~!$*+=&']/;

/** `im:` URI of a localpart (any text) at a domain. */
export function imUri(local: string, domain: string): string {
  let encoded = '';
  for (const octet of Buffer.from(local, 'utf8')) {
    const char = String.fromCharCode(octet);
    encoded += octet < 0x80 && bare.test(char) ? char : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return `im:${encoded}@${domain}`;
}
