import { isUtf8 } from 'node:buffer';
import { CpimError } from '../../cpim/error.ts';

/** A SIP request (RFC 3261 §7.1). Names of headers have no case; their order and repeats are kept. */
export interface SipRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly SipHeader[];
  readonly body: Buffer;
}

export type SipHeader = readonly [name: string, value: string];

// RFC 3261 §20, RFC 6665 §8.2.1.
const compact: Readonly<Record<string, string>> = {
  c: 'Content-Type',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  o: 'Event',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
};

const maxHeaderOctets = 1 << 16;
const token = "[A-Za-z0-9\\-.!%*_+`'~]+";
const requestLine = new RegExp(`^(${token}) ([^ \\t]+) SIP/2\\.0$`, 'i');
const headerLine = new RegExp(`^(${token})[ \\t]*:[ \\t]*(.*?)[ \\t]*$`, 's');
const needed = ['Via', 'To', 'From', 'Call-ID', 'CSeq'];

/**
 * Reads one request; what follows the octets that Content-Length counts is not its (§18.3). Throws a CpimError: `malformed`, or
 * `unsupported` for too many octets of headers.
 */
export function parseRequest(octets: Buffer): SipRequest {
  const end = octets.indexOf('\r\n\r\n');
  if (end < 0) fail('no blank line after the headers');
  if (end > maxHeaderOctets) throw new CpimError('unsupported', 'too many octets of headers', 0);
  const head = octets.subarray(0, end);
  if (!isUtf8(head)) fail('headers that are not UTF-8');
  // §7.3.1: a line that begins with a space belongs to the one before.
  const [first = '', ...lines] = head
    .toString('utf8')
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const [, method, uri] = requestLine.exec(first) ?? [];
  if (method === undefined || uri === undefined) return fail('not a request');
  const headers = lines.map(parseHeader);
  for (const name of needed) if (headerOf({ headers }, name) === undefined) fail(`no ${name}`);
  return { method, uri, headers, body: bodyIn(octets.subarray(end + 4), headerOf({ headers }, 'Content-Length')) };
}

function parseHeader(line: string): SipHeader {
  const [, name, value] = headerLine.exec(line) ?? [];
  if (name === undefined || value === undefined) return fail('not a header');
  return [compact[name.toLowerCase()] ?? name, value];
}

function bodyIn(octets: Buffer, length: string | undefined): Buffer {
  if (length === undefined) return octets;
  if (!/^\d{1,9}$/.test(length) || Number(length) > octets.length) fail('a Content-Length that is not true');
  return octets.subarray(0, Number(length));
}

/** The first of the name. */
export function headerOf({ headers }: Pick<SipRequest, 'headers'>, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.find(([one]) => one.toLowerCase() === wanted)?.[1];
}

/** With its Content-Length. Throws a CpimError for what cannot stand in a header. */
export function formatRequest({ method, uri, headers, body }: SipRequest): Buffer {
  const all: SipHeader[] = [...headers, ['Content-Length', String(body.length)]];
  const lines = all.map(([name, value]) => `${name}: ${value}`);
  if ([uri, ...lines].some((line) => /[\r\n\0]/.test(line))) fail('a line end in a header');
  return Buffer.concat([Buffer.from(`${method} ${uri} SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n`, 'utf8'), body]);
}

/** From, To, Contact (§20.10, §25.1): behind an address without brackets, all parameters are the header's. */
export interface NameAddr {
  readonly name?: string;
  readonly uri: string;
  /** From the first `;` on. */
  readonly params: string;
}

const bracketed = /^(?:"((?:[^"\\]|\\.)*)"|([^<"]*))[ \t]*<([^<>]+)>[ \t]*(.*)$/s;

/** Throws a CpimError. */
export function parseNameAddr(value: string): NameAddr {
  const [, quoted, words, uri, rest = ''] = bracketed.exec(value) ?? [];
  if (uri === undefined) {
    const [bare = '', params = ''] = value.split(/(;.*)/s);
    return bare === '' || /[\s<>]/.test(bare) ? fail('not an address') : { uri: bare, params };
  }
  const name = quoted === undefined ? words?.trim() : quoted.replace(/\\(.)/gs, '$1');
  return { ...(name && { name }), uri, params: rest };
}

function fail(what: string): never {
  throw new CpimError('malformed', what, 0);
}
