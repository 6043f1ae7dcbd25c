import type { Profile } from '../../../cpim/profile.ts';
import { isNcName } from '../../../cpim/xml/write.ts';

// Conflict register C6: RFC 3922 takes the resource itself, RFC 8048 puts a prefix before it, and XML wants a name.
const prefix = 'ID-';

/** The id of the tuple that stands for a resource. A resource that is no XML name is escaped under both profiles. */
export function tupleIdOf(resource: string | undefined, profile: Profile): string {
  if (profile === 'strict3922' && resource !== undefined && isNcName(resource)) return resource;
  let escaped = prefix;
  for (const char of resource ?? '') escaped += /[A-Za-z0-9.-]/.test(char) ? char : `_x${hex(char)}_`;
  return escaped;
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** Undefined for the tuple of somebody without a resource. */
export function resourceOf(id: string, profile: Profile): string | undefined {
  if (profile === 'strict3922' || !id.startsWith(prefix)) return id;
  const resource = id.slice(prefix.length).replace(/_x([0-9A-F]{4,6})_/g, (written, code: string) => charOf(code) ?? written);
  return resource === '' ? undefined : resource;
}

function charOf(code: string): string | undefined {
  const point = Number.parseInt(code, 16);
  return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : undefined;
}
