import { isUtf8 } from 'node:buffer';
import type { Party } from '../envelope.ts';
import { CpimError } from '../error.ts';
import { escapeHeader, isName, nameChars, valueChars } from './escape.ts';
import { hasContentType, isMimeValue, type MimeHeader, parseMimeLine } from './mime.ts';
import { coreNs, type Meaning, Namespaces } from './namespaces.ts';
import { formatParty } from './party.ts';

/** A message header as read: `value` is the wire form, octet by octet; `ns` is absent for the core namespace. */
export interface Header extends Meaning {
  readonly name: string;
  readonly ns?: string;
  readonly lang?: string;
  /** Other parameters, as written: `;a=b`. */
  readonly params?: string;
  readonly value: string;
}

/** A Message/CPIM object (RFC 3862) from its message headers on. */
export interface Message {
  readonly headers: readonly Header[];
  readonly mime: readonly MimeHeader[];
  readonly body: Buffer;
}

/**
 * A message header to write: `text` is escaped, `address` formatted, `value` checked. The name is as written, `prefix.Name`;
 * with `ns` it is the local name, and the namespace is declared if it was not yet.
 */
export type Draft = {
  readonly name: string;
  readonly ns?: string;
  readonly lang?: string;
  readonly params?: string;
} & ({ readonly text: string } | { readonly address: Party } | { readonly value: string });

/** `lenient` reads in addition what other people's programs and the examples of RFCs write (see `Block`). */
export type Mode = 'strict' | 'lenient';

// Headers are for people and machines, not for payloads: more than this is an attack. We neither read nor write it.
const maxHeaderOctets = 1 << 22;
const maxHeaders = 4096;
const maxOctets = 1 << 26;

const parameter = `;${nameChars}=(?:"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"|[!#-'*+\\-./0-9A-Z^_\`a-z|~\\u0080-\\uffff]+)`;
const headerLine = new RegExp(
  `^(?:(?<prefix>${nameChars})\\.)?(?<name>${nameChars}):(?<params>(?:${parameter})*)(?<spaces> +)(?<value>${valueChars})$`,
);
const languageTag = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/;
const wholeValue = new RegExp(`^${valueChars}$`);
const wholeParams = new RegExp(`^(?:${parameter})+$`);
const eachParameter = new RegExp(parameter, 'g');
const mimeName = /^(?:content-[!-9;-~]*|mime-version):/i;

/** Throws a CpimError. Takes time linear in the size of the input. */
export function parse(input: Buffer | string, mode: Mode): Message {
  const octets = typeof input === 'string' ? Buffer.from(input, 'utf8') : input;
  if (octets.length > maxOctets) throw new CpimError('unsupported', 'too large', 0);
  const first = new Block(octets, 0, mode);
  const namespaces = new Namespaces();
  const headers: Header[] = [];
  while (first.more() && !(mode === 'lenient' && mimeName.test(first.line))) {
    headers.push(parseHeader(first, namespaces, mode));
    if (headers.length > maxHeaders) first.fail('too many headers', 'unsupported');
  }
  if (headers.length === 0) first.fail('no message header');
  // R3862-LEN-1: RFC 4975, 5438 and 7701 print no blank line before the MIME headers.
  const second = first.ended ? new Block(octets, first.end, mode) : first;
  if (second !== first) second.more();
  const mime = parseMime(second);
  return { headers, mime, body: octets.subarray(second.end) };
}

interface Line {
  readonly prefix?: string | undefined;
  readonly name?: string | undefined;
  readonly params?: string | undefined;
  readonly spaces?: string | undefined;
  readonly value?: string | undefined;
}

/** Most lines have no parameters and one space: they need no expression for all that may be. */
function splitLine(line: string): Line {
  const colon = line.indexOf(': ');
  const head = line.slice(0, Math.max(0, colon));
  const dot = head.indexOf('.');
  const prefix = dot < 0 ? undefined : head.slice(0, dot);
  const name = head.slice(dot + 1);
  const value = line.slice(colon + 2);
  if (isName(name) && (prefix === undefined || isName(prefix)) && wholeValue.test(value))
    return { prefix, name, spaces: ' ', value };
  const { groups = {} } = headerLine.exec(line) ?? {};
  return groups;
}

function parseHeader(at: Block, namespaces: Namespaces, mode: Mode): Header {
  const { prefix, name, params, spaces, value } = splitLine(at.line);
  if (name === undefined || value === undefined || spaces === undefined) return at.fail('not a header');
  if (spaces.length > 1 && mode === 'strict') at.fail('more than one space after the colon');
  const ns = namespaces.of(prefix);
  if (ns === undefined) return at.fail('a prefix without NS');
  const parameters = params ? parseParams(params, at) : undefined;
  if (ns !== coreNs) return { name, ns, ...parameters, value };
  const meaning = namespaces.understand(name, value, mode === 'lenient');
  if (!meaning) return at.fail('a value that this header cannot have');
  return { name, ...parameters, value, ...meaning };
}

function parseParams(params: string, at: Block): { lang?: string; params?: string } {
  let lang: string | undefined;
  let rest = '';
  for (const [written] of params.matchAll(eachParameter)) {
    if (!written.startsWith(';lang=')) {
      rest += written;
      continue;
    }
    const tag = written.slice(6);
    if (lang !== undefined || !languageTag.test(tag)) at.fail('not a language tag');
    lang = tag;
  }
  return { ...(lang !== undefined && { lang }), ...(rest && { params: rest }) };
}

function parseMime(block: Block): MimeHeader[] {
  const mime: MimeHeader[] = [];
  while (!block.ended) {
    let { line } = block;
    const start = block.at;
    // RFC 5322 §2.2.3: MIME headers may be folded; message headers may not.
    while (block.more() && /^[ \t]/.test(block.line)) line += block.line;
    mime.push(parseMimeLine(line) ?? block.fail('not a MIME header', 'malformed', start));
    if (mime.length > maxHeaders) block.fail('too many MIME headers', 'unsupported');
  }
  if (!hasContentType(mime)) block.fail('not exactly one Content-Type');
  return mime;
}

/** The lines up to a blank one. Lenient: they may end with a bare LF. */
class Block {
  /** Octets: where the block begins, and what follows the blank line. */
  readonly end: number;
  line = '';
  /** Where the line begins in the text of the block. */
  at = 0;
  ended = false;
  private readonly text: string;
  private readonly newline: string;
  private next = 0;

  constructor(
    octets: Buffer,
    private readonly start: number,
    mode: Mode,
  ) {
    this.newline = mode === 'strict' ? '\r\n' : '\n';
    const blank = octets.indexOf('\r\n\r\n', start);
    const bare = mode === 'strict' ? -1 : bareBlank(octets, start);
    const isBare = bare >= 0 && (blank < 0 || bare < blank);
    const stop = isBare ? bare : blank;
    if (stop < 0) throw new CpimError('malformed', 'no blank line after the headers', octets.length);
    if (stop - start > maxHeaderOctets) throw new CpimError('unsupported', 'too many octets of headers', start);
    const lines = octets.subarray(start, stop);
    if (!isUtf8(lines)) throw new CpimError('malformed', 'headers that are not UTF-8', start);
    this.text = lines.toString('utf8');
    this.end = stop + (isBare ? (octets[stop + 1] === 0x0a ? 2 : 3) : 4);
  }

  /** Goes to the next line; false if there is none. */
  more(): boolean {
    this.at = this.next;
    this.ended = this.at > this.text.length;
    if (this.ended) return false;
    const found = this.text.indexOf(this.newline, this.at);
    const stop = found < 0 ? this.text.length : found;
    this.next = stop + this.newline.length;
    const isCrLf = this.newline === '\n' && stop > this.at && this.text[stop - 1] === '\r';
    this.line = this.text.slice(this.at, isCrLf ? stop - 1 : stop);
    return true;
  }

  fail(what: string, kind: CpimError['kind'] = 'malformed', at = this.at): never {
    throw new CpimError(kind, what, this.start + Buffer.byteLength(this.text.slice(0, at)));
  }
}

function bareBlank(octets: Buffer, start: number): number {
  const unix = octets.indexOf('\n\n', start);
  const mixed = octets.indexOf('\n\r\n', start);
  // A CR before the LF belongs to a line that ends properly; it is cut off with the line.
  if (unix < 0 || mixed < 0) return Math.max(unix, mixed);
  return Math.min(unix, mixed);
}

/**
 * Writes Message/CPIM strictly (R3862-2.2). A text that is empty is left out, and spaces at its ends are too: neither has a
 * wire form. Throws a CpimError for what cannot be written.
 */
export function format(headers: readonly Draft[], mime: readonly MimeHeader[], body: Buffer | string): Buffer {
  const namespaces = new Namespaces();
  let head = '';
  for (const draft of headers) head += formatHeader(draft, namespaces, head.length);
  if (head === '') throw new CpimError('malformed', 'no message header', 0);
  if (!hasContentType(mime)) throw new CpimError('malformed', 'not exactly one Content-Type', head.length);
  head += '\r\n';
  for (const [name, value] of mime) {
    if (!/^[!-9;-~]+$/.test(name) || !isMimeValue(value)) throw new CpimError('malformed', 'not a MIME header', head.length);
    head += `${name}: ${value}\r\n`;
  }
  if (headers.length + mime.length > maxHeaders / 2 || head.length > maxHeaderOctets / 3) {
    throw new CpimError('unsupported', 'too many headers, or too long', head.length);
  }
  if (body.length > maxOctets / 4) throw new CpimError('unsupported', 'too large', head.length);
  head += '\r\n';
  return typeof body === 'string' ? Buffer.from(head + body, 'utf8') : Buffer.concat([Buffer.from(head, 'utf8'), body]);
}

const addressHeaders: ReadonlySet<string> = new Set(['From', 'To', 'cc']);

function formatHeader(draft: Draft, namespaces: Namespaces, position: number): string {
  const value = wireValue(draft);
  if (value === '' && 'text' in draft) return '';
  if (value === undefined || !wholeValue.test(value)) throw new CpimError('malformed', 'a value with no wire form', position);
  let declared = '';
  let written = draft.ns === undefined ? draft.name : namespaces.write(draft.ns, draft.name);
  if (written === undefined && draft.ns !== undefined) {
    const ns = namespaces.write(coreNs, 'NS');
    if (ns === undefined) throw new CpimError('malformed', 'no prefix for the core namespace', position);
    declared = formatHeader({ name: ns, value: namespaces.invent(draft.ns) }, namespaces, position);
    written = namespaces.write(draft.ns, draft.name);
  }
  const known = written === undefined ? undefined : namespaces.resolve(written);
  if (written === undefined || !known) throw new CpimError('malformed', 'not a header name', position);
  // An address that was just written need not be read again.
  const isSure = 'address' in draft && addressHeaders.has(known.name);
  if (known.ns === coreNs && !isSure && !namespaces.understand(known.name, value, false)) {
    throw new CpimError('malformed', 'a value that this header cannot have', position);
  }
  return `${declared}${written}:${wireParams(draft, position)} ${value}\r\n`;
}

function wireValue(draft: Draft): string | undefined {
  if ('value' in draft) return draft.value;
  return 'text' in draft ? escapeHeader(draft.text.replace(/^ +| +$/g, '')) : formatParty(draft.address);
}

function wireParams({ lang, params }: Draft, position: number): string {
  if (lang === undefined && params === undefined) return '';
  if (lang !== undefined && !languageTag.test(lang)) throw new CpimError('malformed', 'not a language tag', position);
  if (params !== undefined && !wholeParams.test(params)) throw new CpimError('malformed', 'not a parameter', position);
  return `${lang === undefined ? '' : `;lang=${lang}`}${params ?? ''}`;
}
