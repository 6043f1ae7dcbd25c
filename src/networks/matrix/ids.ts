import { createHash } from 'node:crypto';
import type { Person } from '../network.ts';
import { longestId } from './address.ts';

/*
 * The localpart of a ghost: `<prefix><network>_<person>`, where the network is [a-z0-9]+ and the person is one of
 *
 *   romeo=40example.org                escaped: a-z, 0-9, `.` and `-` are bare, every other octet of UTF-8 is `=hh`
 *   _4pxfkgd2lq7a5v3x6wyzb2c4na        `_` and the SHA-256 of the person's key: nobody's public address, or one too long
 *
 * All of it is in the grammar of user localparts (Appendices, "User Identifiers"). The escape never writes a bare `_`, so that
 * no id has both forms and the first `_` after the prefix ends the network. Capitals are escaped, since a server may fold them.
 */

/** `native` is the person's own id where it is public; `hash` else. */
export type GhostName =
  | { readonly network: string; readonly native: string }
  | { readonly network: string; readonly hash: string };

export interface Namespace {
  readonly prefix: string;
  readonly domain: string;
}

/** The user id of the ghost that stands for a person of another network. */
export function ghostId(person: Person, { prefix, domain }: Namespace): string {
  if (!/^[a-z0-9]+$/.test(person.network)) {
    throw new Error(`A network name has lower-case letters and digits only: "${person.network}"`);
  }
  const native = person.address?.native;
  const written = native === undefined ? undefined : encode(native);
  const id = `@${prefix}${person.network}_${written}:${domain}`;
  if (written !== undefined && Buffer.byteLength(id) <= longestId) return id;
  return `@${prefix}${person.network}__${hash(person.key)}:${domain}`;
}

/** Of a user id. Reads only what `ghostId` writes; undefined: no ghost of ours. */
export function parseGhost(userId: string, { prefix, domain }: Namespace): GhostName | undefined {
  const head = `@${prefix}`;
  const tail = `:${domain}`;
  if (!userId.startsWith(head) || !userId.endsWith(tail) || Buffer.byteLength(userId) > longestId) return undefined;
  const [, network, person] = /^([a-z0-9]+)_(.+)$/.exec(userId.slice(head.length, -tail.length)) ?? [];
  if (network === undefined || person === undefined) return undefined;
  if (/^_[a-z2-7]{26}$/.test(person)) return { network, hash: person.slice(1) };
  const native = decode(person);
  return native === undefined ? undefined : { network, native };
}

/** Undefined if the id cannot be written reversibly: it is empty, or no Unicode text. */
function encode(native: string): string | undefined {
  if (native === '' || !native.isWellFormed()) return undefined;
  let written = '';
  for (const octet of Buffer.from(native, 'utf8')) {
    const char = String.fromCharCode(octet);
    written += /[a-z0-9.-]/.test(char) ? char : `=${octet.toString(16).padStart(2, '0')}`;
  }
  return written;
}

function decode(written: string): string | undefined {
  if (!/^(?:[a-z0-9.-]|=[0-9a-f]{2})+$/.test(written)) return undefined;
  const binary = written.replace(/=(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  try {
    const native = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(binary, 'latin1'));
    return encode(native) === written ? native : undefined;
  } catch {
    return undefined;
  }
}

/** 130 bits in 26 characters of RFC 4648 §6. */
function hash(key: string): string {
  // UTF-8 has no form for half a surrogate pair; the mark keeps the other encoding apart.
  const octets = key.isWellFormed() ? Buffer.from(key, 'utf8') : Buffer.concat([Buffer.of(0xff), Buffer.from(key, 'utf16le')]);
  let bits = BigInt(`0x${createHash('sha256').update(octets).digest('hex')}`) >> 126n;
  let text = '';
  for (let n = 0; n < 26; n += 1) {
    text = `${'abcdefghijklmnopqrstuvwxyz234567'[Number(bits & 31n)]}${text}`;
    bits >>= 5n;
  }
  return text;
}
