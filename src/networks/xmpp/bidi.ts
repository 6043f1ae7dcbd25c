/**
 * Directions of characters (Unicode Standard Annex 9), as far as RFC 5893 and RFC 3454 §6 need them. JavaScript has no property
 * for it; blocks decide, because Unicode gives whole blocks one direction, unassigned characters included.
 */

// Blocks whose default class is R or AL (DerivedBidiClass.txt).
const rtlBlocks =
  '\\u0590-\\u08FF\\uFB1D-\\uFDCF\\uFDF0-\\uFDFF\\uFE70-\\uFEFF\\u{10800}-\\u{10CFF}\\u{10D00}-\\u{10FFF}\\u{1E800}-\\u{1EFFF}';
const arabicNumbers =
  '\\u0600-\\u0605\\u0660-\\u0669\\u066B\\u066C\\u06DD\\u0890\\u0891\\u08E2\\u{10D30}-\\u{10D39}\\u{10E60}-\\u{10E7E}';
const neutralThere =
  '\\u0606\\u0607\\u0609\\u060A\\u060C\\u060E\\u060F\\u066A\\u06DE\\u06E9\\u06F0-\\u06F9\\u07F6-\\u07F9\\uFB29\\uFD3E-\\uFD4F\\uFDCF\\uFDFD-\\uFDFF\\uFEFF\\u{1091F}\\u{10B39}-\\u{10B3F}\\u{1EEF0}\\u{1EEF1}';

const inRtlBlock = new RegExp(`[${rtlBlocks}]`, 'u');
const arabicNumber = new RegExp(`[${arabicNumbers}]`, 'u');
const notStrong = new RegExp(`[${arabicNumbers}${neutralThere}]`, 'u');
const europeanNumber = /[0-9\u00B2\u00B3\u00B9\u06F0-\u06F9\u2070\u2074-\u2079\u2080-\u2089\u2488-\u249B\uFF10-\uFF19]/u;
const mark = /[\p{Mn}\p{Me}]/u;
// Letters without a direction; and symbols that have one (letter-like ones, flags).
const neutralLetter = /[\u02B9\u02BA\u02C6-\u02CF\u02EC\u0374\u2E2F\uA67F\uA717-\uA71F\uA788]/u;
const leftToRightSymbol =
  /[\u200E\u249C-\u24E9\u2800-\u28FF\u3190-\u319F\u3200-\u33FE\u{1D000}-\u{1D1FF}\u{1F110}-\u{1F1FF}\u{1F200}-\u{1F251}]/u;
const letterLike = /[\p{L}\p{Mc}\p{Nd}\p{Nl}\p{No}]/u;

export type Direction = 'left-to-right' | 'right-to-left' | 'arabic-number' | 'european-number' | 'mark' | 'neutral';

/** Of one code point. `right-to-left` is R and AL, `mark` is NSM. */
export function directionOf(char: string): Direction {
  if (europeanNumber.test(char)) return 'european-number';
  if (mark.test(char)) return 'mark';
  if (inRtlBlock.test(char)) {
    if (arabicNumber.test(char)) return 'arabic-number';
    return notStrong.test(char) ? 'neutral' : 'right-to-left';
  }
  if (char === '\u200F') return 'right-to-left';
  if (leftToRightSymbol.test(char)) return 'left-to-right';
  return letterLike.test(char) && !neutralLetter.test(char) ? 'left-to-right' : 'neutral';
}

/** A cheap look: false for a text in which nothing runs from right to left. */
export function hasRightToLeft(text: string): boolean {
  return inRtlBlock.test(text) || text.includes('\u200F');
}

/** The Bidi Rule, RFC 5893 §2, which RFC 8265 asks of a user name with anything right-to-left in it. */
export function obeysBidiRule(text: string): boolean {
  if (!hasRightToLeft(text)) return true;
  const classes = [...text].map(directionOf);
  if (!classes.some((c) => c === 'right-to-left' || c === 'arabic-number')) return true;
  // Rules 1, 2 and 5: whatever runs right to left starts so, and nothing runs the other way.
  if (classes[0] !== 'right-to-left' || classes.includes('left-to-right')) return false;
  // Rule 4.
  if (classes.includes('arabic-number') && classes.includes('european-number')) return false;
  // Rule 3.
  const last = classes.findLast((c) => c !== 'mark');
  return last === 'right-to-left' || last === 'arabic-number' || last === 'european-number';
}
