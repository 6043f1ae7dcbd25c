import { obeysBidiRule } from './bidi.ts';

/**
 * PRECIS (RFC 8264) as far as addresses need it: the profiles UsernameCaseMapped and OpaqueString of RFC 8265. Classes are
 * derived from the properties of the Unicode version that Node has, as RFC 8264 §8 wants it.
 */

// RFC 5892 §2.6, which RFC 8264 §9.6 adopts.
const exceptionallyValid = /[\u00DF\u03C2\u06FD\u06FE\u0F0B\u3007]/u;
const exceptionallyDisallowed = /[\u0640\u07FA\u302E\u302F\u3031-\u3035\u303B]/u;
const contextual = /[\u00B7\u0375\u05F3\u05F4\u0660-\u0669\u06F0-\u06F9\u30FB]|\u200C|\u200D/u;
// RFC 8264 §9.9, §9.13: conjoining jamo, and what displays as nothing.
const oldJamo = /[\u1100-\u11FF\uA960-\uA97C\uD7B0-\uD7C6\uD7CB-\uD7FB]/u;
const ignorable = /[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;

const letterDigit = /[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]/u;
const freeform = /[\p{L}\p{M}\p{N}\p{S}\p{P}\p{Zs}]/u;

type Class = 'identifier' | 'freeform';

/** RFC 8264 §8, in its order. */
function belongs(char: string, to: Class): boolean {
  if (exceptionallyValid.test(char) || contextual.test(char)) return true;
  if (exceptionallyDisallowed.test(char)) return false;
  if (char >= '!' && char <= '~' && char.length === 1) return true;
  if (oldJamo.test(char) || ignorable.test(char)) return false;
  if (to === 'freeform') return freeform.test(char);
  return letterDigit.test(char) && char.normalize('NFKC') === char;
}

/** True if every character is of the class and stands where it may (RFC 5892 appendix A). */
export function isOfClass(text: string, to: Class): boolean {
  const chars = [...text];
  return chars.every((_, at) => allowedAt(chars, at, to));
}

/** Of one code point among others. */
export function allowedAt(chars: readonly string[], at: number, to: Class): boolean {
  const char = chars[at] ?? '';
  return belongs(char, to) && (!contextual.test(char) || fitsContext(chars, at));
}

function fitsContext(chars: readonly string[], at: number): boolean {
  const before = chars[at - 1] ?? '';
  const after = chars[at + 1] ?? '';
  const char = chars[at] ?? '';
  if (char === '\u200C') return virama.test(before) || joins(chars, at);
  if (char === '\u200D') return virama.test(before);
  if (char === '\u00B7') return before === 'l' && after === 'l';
  if (char === '\u0375') return /\p{Script=Greek}/u.test(after);
  if (char === '\u05F3' || char === '\u05F4') return /\p{Script=Hebrew}/u.test(before);
  if (char === '\u30FB') return chars.some((c) => /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(c));
  // Arabic-Indic digits and extended ones do not mix.
  const other = char <= '\u0669' ? /[\u06F0-\u06F9]/u : /[\u0660-\u0669]/u;
  return !chars.some((c) => other.test(c));
}

// Canonical combining class 9; no property escape has it.
const virama =
  /^[\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D3B\u0D3C\u0D4D\u0DCA\u0E3A\u0EBA\u0F84\u1039\u103A\u1714\u1715\u1734\u17D2\u1A60\u1B44\u1BAA\u1BAB\u1BF2\u1BF3\u2D7F\uA806\uA82C\uA8C4\uA953\uA9C0\uAAF6\uABED\u{10A3F}\u{11046}\u{11070}\u{1107F}\u{110B9}\u{11133}\u{11134}\u{111C0}\u{11235}\u{112EA}\u{1134D}\u{11442}\u{114C2}\u{115BF}\u{1163F}\u{116B6}\u{1172B}\u{11839}\u{1193D}\u{1193E}\u{119E0}\u{11A34}\u{11A47}\u{11A99}\u{11C3F}\u{11D44}\u{11D45}\u{11D97}]$/u;

// Joining types of the Arabic script, which is where people type a non-joiner (Persian); the rare joining scripts are left out.
const joinsBoth =
  /^[\u0626\u0628\u062A-\u062E\u0633-\u063F\u0641-\u0647\u0649\u064A\u066E\u066F\u0678-\u0687\u069A-\u06BF\u06C1\u06C2\u06CC\u06CE\u06D0\u06D1\u06FA-\u06FC\u06FF\u0750-\u0758\u075C-\u076A\u076D-\u0770\u0772\u0775-\u0777\u077A-\u077F]$/u;
const joinsRight =
  /^[\u0622-\u0625\u0627\u0629\u062F-\u0632\u0648\u0671-\u0673\u0675-\u0677\u0688-\u0699\u06C0\u06C3-\u06CB\u06CD\u06CF\u06D2\u06D3\u06D5\u06EE\u06EF\u0759-\u075B\u076B\u076C\u0771\u0773\u0774\u0778\u0779]$/u;

/** RFC 5892 A.1: a non-joiner where the letters would join without it, marks in between not counted. */
function joins(chars: readonly string[], at: number): boolean {
  const plain = (c: string): boolean => !/\p{Mn}/u.test(c);
  const before = chars.slice(0, at).findLast(plain) ?? '';
  const after = chars.slice(at + 1).find(plain) ?? '';
  return joinsBoth.test(before) && (joinsBoth.test(after) || joinsRight.test(after));
}

/** Fullwidth and halfwidth forms → the ordinary ones (RFC 8265 §3.3.2 rule 1). */
export function mapWidth(text: string): string {
  return text.replace(/[\u3000\uFF01-\uFFEE]/gu, (char) => char.normalize('NFKC'));
}

/** Character by character: no final-sigma rule, so that the same letters always give the same name. */
export function lower(text: string): string {
  let mapped = '';
  for (const char of text) mapped += char.toLowerCase();
  return mapped;
}

/** RFC 8264 §7: the rules may undo each other's work; four passes without rest and it is refused. */
function settle(text: string, pass: (text: string) => string): string | undefined {
  let current = text;
  for (let n = 0; n < 4; n += 1) {
    const next = pass(current);
    if (next === current) return current;
    current = next;
  }
  return undefined;
}

/** RFC 8265 §3.3; undefined if it is not allowed. */
export function usernameCaseMapped(text: string): string | undefined {
  const mapped = settle(text, (t) => lower(mapWidth(t)).normalize('NFC'));
  return mapped !== undefined && mapped !== '' && obeysBidiRule(mapped) && isOfClass(mapped, 'identifier') ? mapped : undefined;
}

/** RFC 8265 §4.2; undefined if it is not allowed. */
export function opaqueString(text: string): string | undefined {
  const mapped = settle(text, (t) => t.replace(/\p{Zs}/gu, ' ').normalize('NFC'));
  return mapped !== undefined && mapped !== '' && isOfClass(mapped, 'freeform') ? mapped : undefined;
}
