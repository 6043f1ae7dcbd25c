import { isAscii, isUtf8 } from 'node:buffer';
import { CpimError } from '../error.ts';
import type { Profile } from '../profile.ts';
import type { Message } from './message.ts';
import { charsetOf, mediaTypeOf, mimeValue } from './mime.ts';
import { decodeTransfer } from './transfer.ts';

/**
 * What a `text/plain` message says, its line ends as they are. Throws a CpimError: `unsupported` for another type, encoding or
 * charset (RFC 3922 §4.2.9; the extended profile reads every charset that the platform knows), `malformed` for octets that are not
 * what they are said to be.
 */
export function textOf({ mime, body }: Message, profile: Profile): string {
  const contentType = mimeValue(mime, 'Content-Type') ?? 'text/plain';
  if (mediaTypeOf(contentType) !== 'text/plain') throw new CpimError('unsupported', 'not text/plain', 0);
  return inCharset(charsetOf(contentType), decodeTransfer(mimeValue(mime, 'Content-Transfer-Encoding'), body), profile);
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

function broken(what: string): never {
  throw new CpimError('malformed', what, 0);
}
