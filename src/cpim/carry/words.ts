import { escapeHeader, unescapeHeader } from '../message/escape.ts';

/**
 * The values of our own headers: words with `;` between them. A word is bare where that is unambiguous, else a string with the
 * escapes of RFC 3862 §2.3.1. Any text survives, the empty one and one with spaces at its ends included.
 */

const bare = /^[!#-'*+\-./0-9:=?@A-Z^_`a-z|~]+$/;
const one = /(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^";\\]+))(?:;|$)/y;

export function formatWords(words: readonly string[]): string {
  return words.map((word) => (bare.test(word) ? word : `"${escapeHeader(word, 'double')}"`)).join(';');
}

/** Undefined if the value is no list of words. */
export function parseWords(value: string): string[] | undefined {
  if (bare.test(value)) return [value];
  const words: string[] = [];
  one.lastIndex = 0;
  while (one.lastIndex < value.length) {
    const [, quoted, plain] = one.exec(value) ?? [];
    if (quoted === undefined && plain === undefined) return undefined;
    words.push(quoted === undefined ? (plain ?? '') : unescapeHeader(quoted));
  }
  return words;
}
