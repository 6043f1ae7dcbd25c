import { isAscii, isUtf8 } from 'node:buffer';
import { CpimError } from '../error.ts';
import type { Profile } from '../profile.ts';
import type { Message } from './message.ts';
import { charsetOf, mediaTypeOf, mimeValue } from './mime.ts';

/**
 * What a `text/plain` message says, its line ends as they are. Throws a CpimError: `unsupported` for another type, encoding or
 * charset (RFC 3922 §4.2.9; the extended profile reads every charset that the platform knows), `malformed` for octets that are not
 * what they are said to be.
 */
export function textOf({ mime, body }: Message, profile: Profile): string {
  const contentType = mimeValue(mime, 'Content-Type') ?? 'text/plain';
  if (mediaTypeOf(contentType) !== 'text/plain') throw new CpimError('unsupported', 'not text/plain', 0);
  return inCharset(charsetOf(contentType), transferred(mimeValue(mime, 'Content-Transfer-Encoding') ?? '7bit', body), profile);
}

function inCharset(charset: string, octets: Buffer, profile: Profile): string {
  if (charset === 'utf-8') return isUtf8(octets) ? octets.toString('utf8') : broken('text that is not UTF-8');
  if (charset === 'us-ascii') return isAscii(octets) ? octets.toString('latin1') : broken('text that is not US-ASCII');
  if (profile === 'strict3922') throw new CpimError('unsupported', 'a charset that is not mapped', 0);
  // Where the platform says ISO 8859-1 it means windows-1252.
  if (charset === 'iso-8859-1') return octets.toString('latin1');
  const decoder = decoderOf(charset);
  if (!decoder) throw new CpimError('unsupported', 'a charset that is not known', 0);
  try {
    return decoder.decode(octets);
  } catch {
    return broken('text that is not in its charset');
  }
}

function decoderOf(charset: string): { decode(octets: Buffer): string } | undefined {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    return undefined;
  }
}

/** R3862-7.1-1: an encoding for the transfer is exactly reversed before use. */
function transferred(encoding: string, body: Buffer): Buffer {
  switch (encoding.trim().toLowerCase()) {
    case '7bit':
    case '8bit':
    case 'binary':
      return body;
    case 'base64':
      return fromBase64(body.toString('latin1'));
    case 'quoted-printable':
      return fromQuotedPrintable(body.toString('latin1'));
    default:
      throw new CpimError('unsupported', 'a transfer encoding that is not known', 0);
  }
}

function fromBase64(text: string): Buffer {
  const digits = text.replace(/[ \t\r\n]/g, '');
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(digits);
  return isBase64 ? Buffer.from(digits, 'base64') : broken('not base64');
}

/** RFC 2045 §6.7: spaces before a line end are of the transport, and a `=` there joins two lines. */
function fromQuotedPrintable(text: string): Buffer {
  const joined = text.replace(/[ \t]+(?=\r?\n|$)/g, '').replace(/=\r?\n/g, '');
  const plain = joined.replace(/=([0-9A-Fa-f]{2})?/g, (_, hex?: string) =>
    hex === undefined ? broken('not quoted-printable') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(plain, 'latin1');
}

function broken(what: string): never {
  throw new CpimError('malformed', what, 0);
}
