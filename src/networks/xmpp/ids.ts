import { createHash } from 'node:crypto';
import type { Person } from '../network.ts';
import { directionOf, hasRightToLeft } from './bidi.ts';
import { escapeLocal, parse, unescapeLocal } from './jid.ts';
import { allowedAt } from './precis.ts';

/*
 * The localpart of a ghost: `<name>%<network>`, in one of four forms that the first character tells apart.
 *
 *   alice\3aexample.org%matrix     escaped (XEP-0106); a leading `@` is left out where the rest has a `:` and no other `@`
 *   ~tel\3a+441632960961%sip       escaped, and nothing left out: what the first form would read otherwise
 *   ==41lice%irc                   octets: `=hh` for all but a-z, 0-9 and `-._`; what an address would fold or cannot hold
 *   *4pxfk…%matrix                 SHA-256 of the person's key: nobody's public address, or one too long
 *
 * Every native id has exactly one form, and only that is read, so a ghost stands for one person and a person has one ghost.
 */
const literalMark = '~';
const octetMark = '=';
const hashMark = '*';

/** RFC 7622 §3.3.1. */
const maxOctets = 1023;

/** The localpart of the ghost that stands for a person of another network. */
export function ghostLocal(person: Person): string {
  if (!/^[a-z0-9]+$/.test(person.network))
    throw new Error(`A network name has lower-case letters and digits only: "${person.network}"`);
  const native = person.address?.native;
  const name = native === undefined ? undefined : nameOf(native);
  const local = `${name}%${person.network}`;
  if (name !== undefined && Buffer.byteLength(local) <= maxOctets) return local;
  return `${hashMark}${hash(person.key)}%${person.network}`;
}

/** `handle` is the person's own native id where it is public; `hash` else. Undefined: no ghost of ours. */
export type GhostName =
  | { readonly network: string; readonly handle: string }
  | { readonly network: string; readonly hash: string };

/** Of a prepared localpart. Reads only what `ghostLocal` writes. */
export function parseGhostLocal(local: string): GhostName | undefined {
  const split = local.lastIndexOf('%');
  const name = local.slice(0, Math.max(split, 0));
  const network = local.slice(split + 1);
  if (name === '' || !/^[a-z0-9]+$/.test(network) || Buffer.byteLength(local) > maxOctets) return undefined;
  if (/^\*[a-z2-7]{26}$/.test(name)) return { network, hash: name.slice(1) };
  const handle = read(name);
  return handle !== undefined && nameOf(handle) === name ? { network, handle } : undefined;
}

/** Undefined if the id cannot be written reversibly: it is empty, or no Unicode text. */
function nameOf(native: string): string | undefined {
  if (native === '' || !native.isWellFormed()) return undefined;
  if (!steady(native)) return `${octetMark}${octets(native)}`;
  const plain = escapeLocal(shortened(native));
  if (plain === undefined) return `${octetMark}${octets(native)}`;
  if (read(plain) === native) return plain;
  return `${literalMark}${escapeLocal(native)}`;
}

function read(name: string): string | undefined {
  if (name.startsWith(literalMark)) return unescapeLocal(name.slice(1));
  if (name.startsWith(octetMark)) return fromOctets(name.slice(1));
  if (name.startsWith(hashMark)) return undefined;
  const text = unescapeLocal(name);
  return text.includes(':') && !text.includes('@') ? `@${text}` : text;
}

function shortened(native: string): string {
  const rest = native.slice(1);
  return native.startsWith('@') && rest.includes(':') && !rest.includes('@') ? rest : native;
}

// Letters of scripts that run from left to right and need no marks.
const steadyLetter =
  /^[!-~ \p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]*$/u;

/**
 * True if the escaped id is the same after every server's preparation.
 * COMPAT(prosody, ejabberd): they prepare by Nodeprep (RFC 6122), which also folds ß to ss, ς to σ and all that NFKC folds: two
 * persons would become one. Such an id is written in octets, though RFC 7622 would keep it.
 */
function steady(native: string): boolean {
  if (/^[!-@[-~ ]*$/.test(native)) return native.trim() === native;
  if (!steadyLetter.test(native)) return false;
  for (const char of native) {
    if (char.toLowerCase() !== char || char.toUpperCase().toLowerCase() !== char) return false;
    if (char > '~' && !/[\p{Ll}\p{Lo}]/u.test(char)) return false;
  }
  // Of what NFKC would change, the identifier class has none (RFC 8264 §9.17).
  const escaped = escapeLocal(native);
  return escaped !== undefined && parse(`${escaped}%x@x`)?.local === `${escaped}%x`;
}

function octets(text: string): string {
  let written = '';
  for (const octet of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(octet);
    written += /[a-z0-9._-]/.test(char) ? char : `=${octet.toString(16).padStart(2, '0')}`;
  }
  return written;
}

function fromOctets(written: string): string | undefined {
  if (!/^(?:[a-z0-9._-]|=[0-9a-f]{2})+$/.test(written)) return undefined;
  const binary = written.replace(/=(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(binary, 'latin1'));
  } catch {
    return undefined;
  }
}

/** 130 bits in 26 characters of RFC 4648 §6. */
function hash(key: string): string {
  const digest = createHash('sha256');
  // UTF-8 has no form for half a surrogate pair; the mark keeps the other encoding apart.
  const octets = key.isWellFormed() ? Buffer.from(key, 'utf8') : Buffer.concat([Buffer.of(0xff), Buffer.from(key, 'utf16le')]);
  let bits = BigInt(`0x${digest.update(octets).digest('hex')}`) >> 126n;
  let text = '';
  for (let n = 0; n < 26; n += 1) {
    text = `${'abcdefghijklmnopqrstuvwxyz234567'[Number(bits & 31n)]}${text}`;
    bits >>= 5n;
  }
  return text;
}

const maxGraphemes = 64;
const maxNickOctets = 255;
const lastResort = 'Guest';
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * A MUC nick from any display name, `fallback` if nothing readable is left: a resource that RFC 7622 allows and that servers keep as
 * it is; at most 64 graphemes and 255 octets. Not reversible; two names may give one nick.
 */
export function nickFor(name: string, fallback: string): string {
  return tidy(name) || tidy(fallback) || lastResort;
}

/** `Alice (2)`, within the limits of `nickFor`. */
export function withSuffix(nick: string, n: number): string {
  const strong = [...nick].find((char) => directionOf(char) === 'right-to-left');
  // COMPAT(prosody, ejabberd): RFC 3454 §6 again, a bracket cannot end what runs right to left. Full stop, or maqaf.
  const close = strong === undefined ? '' : /\p{Script=Arabic}/u.test(strong) ? '\u06D4' : '\u05BE';
  const suffix = ` (${n})${close}`;
  return `${cut(nick, maxGraphemes - suffix.length, maxNickOctets - Buffer.byteLength(suffix))}${suffix}`;
}

/** Empty if nothing that can be seen is left. */
function tidy(name: string): string {
  let text = name;
  for (let n = 0, before = ''; n < 4 && text !== before; n += 1) {
    before = text;
    text = fold(text)
      .replace(/[\p{Z}\p{Cc}\u2800]+/gu, ' ')
      // RFC 3454 C.6, C.7: what stands for something that is not there.
      .replace(/[\uFFF9-\uFFFD\u2FF0-\u2FFB]/g, '')
      // No script stacks so many; whoever does wants to be seen three lines away.
      .replace(/(\p{M}{4})\p{M}+/gu, '$1');
    text = [...text]
      .filter((_, at, all) => allowedAt(all, at, 'freeform'))
      .join('')
      .replace(/^[\p{M} ]+/u, '');
    text = oneDirection(cut(text, maxGraphemes, maxNickOctets))
      .replace(/ +/g, ' ')
      .trim();
  }
  return text;
}

/**
 * COMPAT(prosody, ejabberd): they prepare a nick by Resourceprep (RFC 6122), that is NFKC; done here, the nick that is granted is the
 * one we asked for. Not for Hangul compatibility letters (`ㅋㅋ`), which NFKC turns into jamo that RFC 8264 forbids.
 */
function fold(text: string): string {
  return text.replace(/[^\u3131-\u318E\uFFA0-\uFFDC]+/g, (run) => run.normalize('NFKC'));
}

/**
 * COMPAT(prosody, ejabberd): Resourceprep has the rule of RFC 3454 §6, a nick with both directions in it is `jid-malformed`. The
 * direction that comes first stays; what runs right to left must also begin and end so.
 */
function oneDirection(text: string): string {
  if (!hasRightToLeft(text)) return text;
  const chars = [...text];
  const directions = chars.map(directionOf);
  const main = directions.find((direction) => direction === 'left-to-right' || direction === 'right-to-left');
  if (main === undefined || !directions.includes('right-to-left')) return text;
  const other = main === 'left-to-right' ? 'right-to-left' : 'left-to-right';
  let dropping = false;
  const kept = chars.filter((_, at) => {
    // Marks go with their letter.
    if (directions[at] !== 'mark') dropping = directions[at] === other;
    return !dropping;
  });
  if (main === 'left-to-right') return kept.join('');
  const strong = (char: string): boolean => directionOf(char) === 'right-to-left';
  return kept.slice(kept.findIndex(strong), kept.findLastIndex(strong) + 1).join('');
}

function cut(text: string, most: number, mostOctets: number): string {
  let kept = '';
  let count = 0;
  let octetCount = 0;
  for (const { segment } of graphemes.segment(text)) {
    count += 1;
    octetCount += Buffer.byteLength(segment);
    if (count > most || octetCount > mostOctets) break;
    kept += segment;
  }
  return kept.trimEnd();
}
