import xml from '@xmpp/xml';
import type { Opaque } from '../../../cpim/envelope.ts';
import { CpimError } from '../../../cpim/error.ts';
import { mediaTypeOf, mimeValue, parseMimeLine } from '../../../cpim/message/mime.ts';
import { classifyEntity, type ProtectionType } from '../../../cpim/message/smime.ts';
import { decodeTransfer } from '../../../cpim/message/transfer.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';

/**
 * What RFC 3923 protects: an S/MIME object, as it was signed or encrypted. It is never parsed further, rewritten or checked here:
 * whoever reads it verifies its octets. Addresses are those of the stanza.
 */
export interface Protected {
  readonly stanza: 'message' | 'presence';
  readonly from: string;
  readonly to: string;
  /** Lower case, without parameters. */
  readonly mediaType: string;
  /** The MIME entity from its headers on, its lines ended by CRLF. */
  readonly entity: Buffer;
}

/** RFC 3923 §8: everything but the object is left behind. Undefined if nothing is protected. Throws a CpimError. */
export function unwrap(stanza: El): Protected | undefined {
  const { name } = stanza;
  const inner = stanza.getChild('e2e', ns.e2e);
  if (!inner || (name !== 'message' && name !== 'presence')) return undefined;
  const { from, to } = stanza.attrs;
  // §4.1: nothing protected is broadcast.
  if (from === undefined || to === undefined) return fail('malformed', 'a protected stanza without its addresses');
  // XML 1.0 §2.11 has made each CRLF a LF; the newlines around the entity are of the CDATA section's layout.
  const text = inner.getText().replace(/^\r?\n|\r?\n$/g, '');
  const entity = text.replace(/\r?\n/g, '\r\n');
  return { stanza: name, from, to, mediaType: mediaTypeIn(entity), entity: Buffer.from(entity, 'utf8') };
}

function mediaTypeIn(entity: string): string {
  return mediaTypeOf(headIn(entity).contentType) ?? fail('malformed', 'an entity without a Content-Type');
}

function headIn(entity: string): { contentType: string; encoding: string | undefined; length: number } {
  const [head = ''] = entity.split('\r\n\r\n', 1);
  const lines = head.replace(/\r\n(?=[ \t])/g, '').split('\r\n');
  const headers = lines.map((line) => parseMimeLine(line) ?? fail('malformed', 'not a MIME header'));
  return {
    contentType: mimeValue(headers, 'Content-Type') ?? '',
    encoding: mimeValue(headers, 'Content-Transfer-Encoding'),
    length: Buffer.byteLength(head) + 4,
  };
}

// What XML cannot hold (§2.2), and line ends that would not come back as they were.
const uncarriable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|(?<!\r)\n/;

/** RFC 3923 §8: into `<e2e/>`, and nothing else. Throws a CpimError, `unsupported`, for octets that XML cannot carry. */
export function wrap({ stanza, from, to, entity }: Omit<Protected, 'mediaType'>): El {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(entity);
  if (!Buffer.from(text, 'utf8').equals(entity) || uncarriable.test(text)) {
    fail('unsupported', 'octets that XML cannot carry');
  }
  return xml(stanza, { xmlns: ns.client, from, to }, xml('e2e', { xmlns: ns.e2e }, text.replace(/\r\n/g, '\n')));
}

/** A MIME entity with its headers, whatever they are: the octets of an opaque payload. */
const entityType = 'message/rfc822';

/** What an envelope carries of it. Throws a CpimError if the object is not whole. */
export function opaqueOf({ entity }: Protected): Opaque {
  const { contentType, encoding, length } = headIn(entity.toString('utf8'));
  const isMultipart = mediaTypeOf(contentType)?.startsWith('multipart/') === true;
  const content = entity.subarray(length);
  const { type } = classifyEntity(contentType, isMultipart ? content : decodeTransfer(encoding, content));
  const [sort, label] = sorts[type] ?? (['foreign', 'a protected message (S/MIME)'] as const);
  return { kind: 'opaque', sort, mediaType: entityType, base64: entity.toString('base64'), label };
}

const signed = ['signed', 'a signed message (S/MIME)'] as const;
const encrypted = ['encrypted', 'an encrypted message (S/MIME)'] as const;
const sorts: Readonly<Partial<Record<ProtectionType, readonly [Opaque['sort'], string]>>> = {
  'auth-enveloped-data': encrypted,
  'encrypted-data': encrypted,
  'enveloped-data': encrypted,
  'multipart-signed': signed,
  'signed-data': signed,
};

/** The MIME entity that an envelope carries; undefined if it carries something else. */
export function entityOf({ mediaType, base64 }: Opaque): Buffer | undefined {
  return mediaType === entityType ? Buffer.from(base64, 'base64') : undefined;
}

function fail(kind: CpimError['kind'], what: string): never {
  throw new CpimError(kind, what, 0);
}
