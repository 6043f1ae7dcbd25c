import { CpimError } from '../error.ts';
import { type BerItem, readBer } from './ber.ts';
import { mediaTypeOf } from './mime.ts';

/** How an entity is protected (RFC 8551 §3). We never look inside, and never change an octet. */
export interface Protection {
  readonly type: ProtectionType;
  /** Of signed data: what is signed is somewhere else. */
  readonly detached?: boolean;
}

export type ProtectionType =
  | 'signed-data'
  | 'certs-only'
  | 'enveloped-data'
  | 'auth-enveloped-data'
  | 'encrypted-data'
  | 'digested-data'
  | 'data'
  | 'multipart-signed'
  | 'none';

const cmsTypes = /^application\/(?:x-)?pkcs7-(?:mime|signature)$/;
const signatureProtocol = /;[ \t]*protocol[ \t]*=[ \t]*"?application\/(?:x-)?pkcs7-signature\b/i;

// RFC 5652 §4 to §8 and RFC 5083 §2: the object identifiers, as they are encoded.
const contentTypes: ReadonlyMap<string, ProtectionType> = new Map([
  ['2a864886f70d010701', 'data'],
  ['2a864886f70d010702', 'signed-data'],
  ['2a864886f70d010703', 'enveloped-data'],
  ['2a864886f70d010705', 'digested-data'],
  ['2a864886f70d010706', 'encrypted-data'],
  ['2a864886f70d0109100117', 'auth-enveloped-data'],
]);

/**
 * By what the octets are, never by what their label says (`smime-type`). The octets are the body without its transfer encoding.
 * Throws a CpimError, `malformed`, if the object is no whole ContentInfo (RFC 5652 §3).
 */
export function classifyEntity(contentType: string, octets: Buffer): Protection {
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === undefined) throw new CpimError('malformed', 'not a content type', 0);
  if (mediaType === 'multipart/signed') return { type: signatureProtocol.test(contentType) ? 'multipart-signed' : 'none' };
  if (!cmsTypes.test(mediaType)) return { type: 'none' };
  const info = readBer(octets);
  const [identifier, content, ...more] = info.items ?? [];
  if (info.tag !== sequence || identifier?.tag !== objectIdentifier || content?.tag !== context(0) || more.length > 0) {
    throw new CpimError('malformed', 'not a ContentInfo', 0);
  }
  const type = contentTypes.get(identifier.content.toString('hex')) ?? 'none';
  return type === 'signed-data' ? classifySigned(content) : { type };
}

const objectIdentifier = 0x06;
const sequence = 0x30;
const set = 0x31;
const context = (number: number): number => 0xa0 + number;

/** RFC 5652 §5.1: version, digest algorithms, what is signed, certificates?, lists of revoked ones?, signers. */
function classifySigned({ items: [signed] = [] }: BerItem): Protection {
  const [version, algorithms, signedContent, ...rest] = signed?.items ?? [];
  const signers = rest.at(-1);
  const isWhole = signed?.tag === sequence && version && algorithms?.tag === set && signedContent?.tag === sequence;
  if (!isWhole || signers?.tag !== set) throw new CpimError('malformed', 'not a SignedData', 0);
  const detached = !signedContent.items?.some(({ tag }) => tag === context(0));
  // RFC 8551 §3.8: nothing signed, nobody signs, so only the certificates are meant.
  return detached && signers.items?.length === 0 ? { type: 'certs-only' } : { type: 'signed-data', detached };
}
