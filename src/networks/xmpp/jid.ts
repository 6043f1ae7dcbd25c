import { isIPv6 } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { isOfClass, lower, mapWidth, opaqueString, usernameCaseMapped } from './precis.ts';

export interface Jid {
  readonly local?: string;
  readonly domain: string;
  readonly resource?: string;
}

/** RFC 7622 §3.1, octets of each part. */
const maxPart = 1023;

/** RFC 7622: split, prepare and check; undefined if it is no JID. */
export function parse(text: string): Jid | undefined {
  const known = remembered(text);
  if (known !== undefined) return known ?? undefined;
  const own = text.length > longest ? text : copyOf(text);
  const raw = split(own);
  return remember(own, raw === undefined ? undefined : prepare(raw));
}

/**
 * Only splits, at the first `/`, then the first `@` (RFC 7622 §3.5): for addresses that our own server has checked, by whatever
 * rules it has. Undefined if a part is empty or none is the domain.
 */
export function split(text: string): Jid | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const resource = slash < 0 ? undefined : text.slice(slash + 1);
  const at = address.indexOf('@');
  const local = at < 0 ? undefined : address.slice(0, at);
  const domain = address.slice(at + 1);
  if (domain === '' || local === '' || resource === '') return undefined;
  return { ...(local !== undefined && { local }), domain, ...(resource !== undefined && { resource }) };
}

/** `local@domain`, or the domain alone. */
export function bare(jid: Jid): string {
  return jid.local === undefined ? jid.domain : `${jid.local}@${jid.domain}`;
}

export function format(jid: Jid): string {
  return jid.resource === undefined ? bare(jid) : `${bare(jid)}/${jid.resource}`;
}

/** The same address, once both are prepared. */
export function equal(a: string, b: string): boolean {
  const left = parse(a);
  const right = parse(b);
  return left !== undefined && right !== undefined && format(left) === format(right);
}

/**
 * True if a stanza may be sent there.
 * COMPAT(prosody, ejabberd): they still prepare by RFC 6122 and so have users and nicks that RFC 7622 forbids; who writes to us from
 * such an address must get an answer. What no rules allow stays out.
 */
export function acceptable(to: string): boolean {
  if (parse(to) !== undefined) return true;
  const raw = split(to);
  if (raw === undefined || prepareDomain(raw.domain) === undefined) return false;
  const { local = 'x', resource = 'x' } = raw;
  return (
    fits(local) && fits(resource) && !/[\s"&'/:<>@\p{C}]/u.test(local) && !/[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u.test(resource)
  );
}

function prepare(raw: Jid): Jid | undefined {
  const domain = prepareDomain(raw.domain);
  const local = raw.local === undefined ? undefined : prepareLocal(raw.local);
  const resource = raw.resource === undefined ? undefined : prepareResource(raw.resource);
  if (domain === undefined) return undefined;
  if ((raw.local !== undefined && local === undefined) || (raw.resource !== undefined && resource === undefined))
    return undefined;
  return { ...(local !== undefined && { local }), domain, ...(resource !== undefined && { resource }) };
}

// RFC 7622 §3.3.1 forbids `"&'/:<>@` in a localpart, the class a space.
const asciiLocal = /^[!#-%(-.0-9;=?A-Z[-~]+$/;
const excluded = /["&'/:<>@]/;

function prepareLocal(text: string): string | undefined {
  const local = asciiLocal.test(text) ? text.toLowerCase() : usernameCaseMapped(text);
  return local !== undefined && !excluded.test(local) && fits(local) ? local : undefined;
}

function prepareResource(text: string): string | undefined {
  const resource = /^[ -~]+$/.test(text) ? text : opaqueString(text);
  // RFC 7622 §3.5, example 18: OpaqueString would let a leading space pass, the table does not.
  return resource !== undefined && !resource.startsWith(' ') && fits(resource) ? resource : undefined;
}

/** 1..1023 octets. */
function fits(part: string): boolean {
  return part.length * 3 <= maxPart || Buffer.byteLength(part) <= maxPart;
}

const asciiLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** RFC 7622 §3.2: an IPv6 address in brackets, or labels, as U-labels where there is a choice. */
function prepareDomain(text: string): string | undefined {
  if (text.startsWith('[')) {
    return text.endsWith(']') && isIPv6(text.slice(1, -1)) && !text.includes('%') ? text.toLowerCase() : undefined;
  }
  // RFC 5895 §2: case, width, composition, and the ideographic full stop.
  const mapped = /^[!-~]+$/.test(text) ? text.toLowerCase() : lower(mapWidth(text)).normalize('NFC').replaceAll('\u3002', '.');
  const labels = (mapped.endsWith('.') ? mapped.slice(0, -1) : mapped).split('.').map(prepareLabel);
  if (labels.includes(undefined)) return undefined;
  const domain = labels.join('.');
  return fits(domain) ? domain : undefined;
}

function prepareLabel(label: string): string | undefined {
  if (asciiLabel.test(label)) return label.startsWith('xn--') ? unicodeLabel(domainToUnicode(label), label) : label;
  return /^[ -~]*$/.test(label) ? undefined : unicodeLabel(label, domainToASCII(label));
}

/** RFC 5891 §4.2, §5.4: the two forms name each other (Node checks the Bidi Rule), and the U-label is letters, digits, hyphens. */
function unicodeLabel(label: string, ascii: string): string | undefined {
  if (!asciiLabel.test(ascii) || domainToASCII(label) !== ascii || domainToUnicode(ascii) !== label) return undefined;
  if (!isOfClass(label, 'identifier') || !hostLetters.test(label)) return undefined;
  return /^[\p{M}-]|-$|^..--/u.test(label) || lower(label) !== label ? undefined : label;
}

// What IDNA allows of the identifier class: no ASCII but letters, digits and the hyphen.
const hostLetters = /^(?:[\p{L}\p{M}\p{Nd}\u00B7\u0375\u05F3\u05F4\u30FB\u3007-]|\u200C|\u200D)+$/u;

// The same few addresses come with every stanza. Two generations: what was not asked for while the young one filled is forgotten.
const generation = 4096;
const longest = 512;
let young = new Map<string, Jid | null>();
let old = new Map<string, Jid | null>();

/** With octets of its own: what was cut out of a packet would keep the whole packet in memory. No character is changed. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

/** Null is a known refusal, undefined is unknown. */
function remembered(text: string): Jid | null | undefined {
  const jid = young.get(text);
  if (jid !== undefined) return jid;
  const older = old.get(text);
  if (older !== undefined) remember(text, older ?? undefined);
  return older;
}

function remember(text: string, jid: Jid | undefined): Jid | undefined {
  if (text.length > longest) return jid;
  if (young.size >= generation) {
    old = young;
    young = new Map();
  }
  young.set(text, jid ?? null);
  return jid;
}

// XEP-0106 §3.1, §4: ten characters, their codes in lower-case hexadecimal. Case counts: `\3A` is no escape.
const codes: Readonly<Record<string, string>> = {
  ' ': '\\20',
  '"': '\\22',
  '&': '\\26',
  "'": '\\27',
  '/': '\\2f',
  ':': '\\3a',
  '<': '\\3c',
  '>': '\\3e',
  '@': '\\40',
  '\\': '\\5c',
};
const chars: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(codes).map(([char, code]) => [code, char]));

/** XEP-0106 §4.2; undefined if the text is empty, or begins or ends with a space, which no localpart may. */
export function escapeLocal(text: string): string | undefined {
  if (text === '' || text.startsWith(' ') || text.endsWith(' ')) return undefined;
  return text.replace(/[ "&'/:<>@]|\\(?=20|22|26|27|2f|3a|3c|3e|40|5c)/g, (char) => codes[char] ?? char);
}

/** XEP-0106 §4.3: one pass from the left; a backslash before anything else is just that. */
export function unescapeLocal(local: string): string {
  return local.replace(/\\(?:20|22|26|27|2f|3a|3c|3e|40|5c)/g, (code) => chars[code] ?? code);
}
