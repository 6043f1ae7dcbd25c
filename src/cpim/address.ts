import type { Party } from './envelope.ts';
import { escapeHeader, tokenChars, unescapeHeader } from './escape.ts';

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

// Characters beyond ASCII are let through: domains are met in their Unicode form.
const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-[\]-~\u0080-\uffff]+$/;

/** An absolute URI that can stand between `<` and `>`. */
export function isUri(text: string): boolean {
  return absolute.test(text);
}

const tokens = new RegExp(`^${tokenChars}(?: ${tokenChars})*$`);
const quoted = /^"([^"\\]*(?:\\.[^"\\]*)*)" *$/;

/** The value of From, To and cc: `[Formal-name] "<" URI ">"` (RFC 3862 §3.6, §4.1). Undefined if it is none. */
export function parseParty(value: string): Party | undefined {
  // A quoted name may hold `<`, a URI may not; so it is the last one that opens the URI.
  const open = value.lastIndexOf('<');
  const uri = value.slice(open + 1, -1);
  if (open < 0 || !value.endsWith('>') || !isUri(uri)) return undefined;
  if (open === 0) return { uri };
  const before = value.slice(0, open);
  if (before.startsWith('"')) {
    const name = quoted.exec(before)?.[1];
    return name === undefined ? undefined : { name: unescapeHeader(name), uri };
  }
  const name = before.slice(0, -1);
  return before.endsWith(' ') && tokens.test(name) ? { name, uri } : undefined;
}

/** Tokens if every word of the name is one, else a string, with no space before `<` (§3.6). Undefined if the URI is none. */
export function formatParty({ name, uri }: Party): string | undefined {
  if (!isUri(uri)) return undefined;
  if (name === undefined) return `<${uri}>`;
  return tokens.test(name) ? `${name} <${uri}>` : `"${escapeHeader(name, 'double')}"<${uri}>`;
}
