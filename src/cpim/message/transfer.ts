import { CpimError } from '../error.ts';

/**
 * The octets behind a Content-Transfer-Encoding, `7bit` where none is named (RFC 2045 §6). Throws a CpimError: `unsupported` for an
 * encoding that is not known, `malformed` for octets that are not in it.
 */
export function decodeTransfer(encoding = '7bit', body: Buffer): Buffer {
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
  const joined = text.replace(/(?<![ \t])[ \t]+(?=\r?\n|$)/g, '').replace(/=\r?\n/g, '');
  const plain = joined.replace(/=([0-9A-Fa-f]{2})?/g, (_, hex?: string) =>
    hex === undefined ? broken('not quoted-printable') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(plain, 'latin1');
}

function broken(what: string): never {
  throw new CpimError('malformed', what, 0);
}
