import type { Address } from '../../cpim/address.ts';
import { imUri } from '../../cpim/uri.ts';

/*
 * Matrix identifiers (Appendices of the specification, "Common identifier format"): a sigil, a part of any text, a colon and a
 * server name. A room id of version 12 is the sigil and a hash: it has no server.
 */

// A DNS name, an IPv4 address or a bracketed IPv6 address, with an optional port.
const server = '(?:[A-Za-z0-9.-]{1,230}|\\[[0-9A-Fa-f:.]{2,45}\\])(?::[0-9]{1,5})?';
// No spaces and no control characters: nobody types them, and an id of ours never has them.
const opaque = '[^\\s\\p{Cc}\\p{Cs}:]+';
const alias = new RegExp(`^#${opaque}:${server}$`, 'u');
const room = new RegExp(`^![^\\s\\p{Cc}\\p{Cs}:]+:${server}$`, 'u');
const roomByHash = /^![A-Za-z0-9_-]{43}$/;
const user = new RegExp(`^@([^\\p{Cs}:]*):(${server})$`, 'u');

/** Appendices, "Common identifier format": no identifier is longer. */
export const longestId = 255;

// RFC 2606 §2: a name that nobody can have. It stands where a room id has no server.
const nowhere = 'room-v12.invalid';

/** What people type for a room: an alias, an id, or a link to one. */
export function parseRoom(text: string): Address | undefined {
  const native = linkedId(text.trim()) ?? text.trim();
  return isRoomId(native) || isAlias(native) ? roomAddress(native) : undefined;
}

export function isAlias(text: string): boolean {
  return alias.test(text) && fits(text);
}

export function isRoomId(text: string): boolean {
  return (room.test(text) || roomByHash.test(text)) && fits(text);
}

export function isUserId(text: string): boolean {
  return user.test(text) && fits(text);
}

/** The address of a room or an alias. */
export function roomAddress(native: string): Address {
  const { local, domain } = split(native);
  return { uri: imUri(native[0] === '@' ? local.slice(1) : local, domain), native };
}

export function userUri(userId: string): string {
  const { local, domain } = split(userId);
  return imUri(local.slice(1), domain);
}

/** What stands between `@` and the first colon. */
export function localpart(userId: string): string {
  return split(userId).local.slice(1);
}

function split(id: string): { local: string; domain: string } {
  const colon = id.indexOf(':');
  return colon < 0 ? { local: id, domain: nowhere } : { local: id.slice(0, colon), domain: id.slice(colon + 1) };
}

function fits(id: string): boolean {
  return Buffer.byteLength(id) <= longestId;
}

/** What a `https://matrix.to/#/…` or a `matrix:r/…`, `matrix:roomid/…`, `matrix:u/…` names (Appendices, "URIs"). */
export function linkedId(uri: string): string | undefined {
  const link = /^https:\/\/matrix\.to\/#\/([^?/]+)/.exec(uri)?.[1];
  if (link !== undefined) return decoded(link);
  const [, kind = '', id] = /^matrix:(?:\/\/[^/]*\/)?(r|roomid|u)\/([^?/]+)/.exec(uri) ?? [];
  return id === undefined ? undefined : `${{ r: '#', roomid: '!', u: '@' }[kind]}${decoded(id)}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
