import type { Party } from '../envelope.ts';
import { isUri } from '../uri.ts';
import { escapeHeader, tokenChars, unescapeHeader } from './escape.ts';

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
