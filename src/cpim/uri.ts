import { isUtf8 } from 'node:buffer';
import { CpimError } from './error.ts';
import type { Profile } from './profile.ts';

/** Who somebody is, or which place, without the escapes of any network. `device`: which of his clients, where that is known. */
export interface Who {
  readonly local?: string;
  readonly domain: string;
  readonly device?: string;
}

/** An `im:` (RFC 3860 §3.1) or `pres:` URI (RFC 3859 §3.2). The localpart is any text, without escapes. */
export interface Mailbox {
  readonly scheme: 'im' | 'pres';
  readonly local: string;
  readonly domain: string;
}

// Conflict register C2: the literal set of RFC 3922 §3.2 (its `?` would begin the headers of the URI), and RFC 3986 unreserved
// with `!$*+=&'`. Addresses are compared without their escapes, never as text.
const bare: Readonly<Record<Profile, RegExp>> = { strict3922: /[A-Za-z0-9!$*._~+=]/, extended: /[A-Za-z0-9\-._~!$*+=&']/ };

/** `im:` or `pres:` URI of somebody, without his device. Throws a CpimError if he has no localpart: such a URI has one. */
export function uriOf({ local, domain }: Who, scheme: Mailbox['scheme'], profile: Profile): string {
  if (local === undefined) throw new CpimError('malformed', 'an address without a localpart', 0);
  return formatMailbox({ scheme, local, domain }, profile);
}

/** `im:` URI of a localpart (any text) at a domain. */
export function imUri(local: string, domain: string): string {
  return formatMailbox({ scheme: 'im', local, domain }, 'extended');
}

export function formatMailbox({ scheme, local, domain }: Mailbox, profile: Profile): string {
  return `${scheme}:${percentEncode(local, bare[profile])}@${domain}`;
}

/**
 * Without the headers that may follow a `?`; split at the first `@`, then unescaped (RFC 3922 §3.3). Throws a CpimError: of
 * another scheme it is `unsupported`. The domain is not checked.
 */
export function parseMailbox(uri: string): Mailbox {
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9+.-]*):([^?]*)/.exec(uri) ?? [];
  if (scheme === undefined || rest === undefined || !uri.isWellFormed()) throw new CpimError('malformed', 'not a URI', 0);
  const known = scheme.toLowerCase();
  if (known !== 'im' && known !== 'pres') throw new CpimError('unsupported', 'neither im: nor pres:', 0);
  const at = rest.indexOf('@');
  const domain = rest.slice(at + 1);
  if (at < 1 || domain === '') throw new CpimError('malformed', 'no localpart at a domain', scheme.length + 1);
  const local = percentDecode(rest.slice(0, at));
  if (local === undefined) throw new CpimError('malformed', 'a localpart that is not UTF-8', scheme.length + 1);
  return { scheme: known, local, domain };
}

/** Undefined if it is no such URI, or one of the other scheme. */
export function asMailbox(uri: string, scheme: Mailbox['scheme']): Mailbox | undefined {
  try {
    const found = isUri(uri) ? parseMailbox(uri) : undefined;
    return found?.scheme === scheme ? found : undefined;
  } catch (error) {
    if (error instanceof CpimError) return undefined;
    throw error;
  }
}

/** Compared without escapes; domains have no case. What is no such URI is only itself. */
export function isSameMailbox(one: string, other: string, scheme: Mailbox['scheme']): boolean {
  const [left, right] = [asMailbox(one, scheme), asMailbox(other, scheme)];
  if (!left || !right) return one === other;
  return left.local === right.local && left.domain.toLowerCase() === right.domain.toLowerCase();
}

/** Every octet of UTF-8 but the characters that `stays` matches, which are of ASCII. A half of a surrogate pair is U+FFFD. */
export function percentEncode(text: string, stays: RegExp): string {
  let encoded = '';
  for (const octet of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(octet);
    encoded += octet < 0x80 && stays.test(char) ? char : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** Once. A `%` without two hexadecimal digits stays as it is (R3922-3.3-3). Undefined if the octets are not UTF-8. */
export function percentDecode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  const octets = Buffer.from(text, 'utf8');
  let to = 0;
  for (let from = 0; from < octets.length; from++) {
    const code = octets[from] === 0x25 ? octets.toString('latin1', from + 1, from + 3) : '';
    const isEscape = /^[0-9A-Fa-f]{2}$/.test(code);
    octets[to++] = isEscape ? Number.parseInt(code, 16) : (octets[from] ?? 0);
    if (isEscape) from += 2;
  }
  const decoded = octets.subarray(0, to);
  return isUtf8(decoded) ? decoded.toString('utf8') : undefined;
}

// Characters beyond ASCII are let through: domains are met in their Unicode form.
const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-[\]-~\u0080-\uffff]+$/;

/** An absolute URI that can stand between `<` and `>`. */
export function isUri(text: string): boolean {
  return absolute.test(text);
}
