/** RFC 3862 §2.3.1: the escapes of message headers, and the character classes of §2.2 and §3.6. */

export type Quote = 'double' | 'single';

const named: Readonly<Record<string, string>> = { '\\': '\\\\', '\b': '\\b', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const special = /[\u0000-\u001f\u007f\\]/;
const specials = {
  none: /[\u0000-\u001f\u007f\\]/g,
  double: /[\u0000-\u001f\u007f\\"]/g,
  single: /[\u0000-\u001f\u007f\\']/g,
} as const;

/** Only what must be escaped is (§2.3.1): a quote only inside a string that it would end. */
export function escapeHeader(text: string, quote?: Quote): string {
  const needless = !special.test(text) && (quote === undefined || !text.includes(quote === 'double' ? '"' : "'"));
  return needless ? text : text.replace(specials[quote ?? 'none'], escapeOne);
}

function escapeOne(char: string): string {
  if (char === '"' || char === "'") return `\\${char}`;
  return named[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const control: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', r: '\r' };

/** Never fails: an unknown `\c` is c, and a lone final backslash is ignored (§2.3.1). A half of a surrogate pair is U+FFFD. */
export function unescapeHeader(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replace(/\\(u[0-9A-Fa-f]{4}|.|$)/gsu, (_, what: string) => unescapeOne(what)).toWellFormed();
}

function unescapeOne(what: string): string {
  // A surrogate pair comes as two escapes of one UCS-2 unit each.
  if (what.length === 5) return String.fromCharCode(Number.parseInt(what.slice(1), 16));
  return control[what] ?? what;
}

/** NAMECHAR+ as a part of a regular expression: what header names, prefixes and parameters are made of (§3.1). */
export const nameChars = "[!#-'*+\\-0-9A-Z^_`a-z|~]+";

const isNameChar = Uint8Array.from({ length: 128 }, (_, code) => Number(new RegExp(nameChars).test(String.fromCharCode(code))));

/** The whole text. The names of headers are what is checked most often: a table is faster than the expression. */
export function isName(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127 || isNameChar[code] === 0) return false;
  }
  return text !== '';
}

/** 1*TOKENCHAR: a word of an unquoted Formal-name (§3.6). */
export const tokenChars = "[!#-'*+\\-.0-9A-Z^_`a-z|~\\u0080-\\uffff]+";
/** A value on the wire: no control characters, no space at either end, not empty (§2.2). */
export const valueChars = '[!-~\\u0080-\\uffff](?:[ -~\\u0080-\\uffff]*[!-~\\u0080-\\uffff])?';
