import type { Chance } from './chance.ts';

// What breaks parsers: ends, separators, escapes, control characters, halves of characters, numbers at their limits.
const pieces = [
  ...['\0', '\t', '\n', '\r', '\r\n', '\r\n\r\n', '\n\n', ' ', '  ', '\u007f', '\u0080', '\u0085', '\u00a0', '\u2028', '\ufeff'],
  ...['\ufffe', '\uffff', '\ufffd', '\ud800', '\udc00', '🌹', 'é', 'e\u0301', '\u00ad', '\u200d', '\u202e', 'ß', 'İ', 'א', '１'],
  ...['<', '>', '</', '/>', '&', '&amp;', '&#0;', '&#x10ffff;', '&lt;', '"', "'", ']]>', '<![CDATA[', '<!--', '-->', '<?', '?>'],
  ...['<!DOCTYPE a [<!ENTITY b "c">]>', " xmlns='u'", " xmlns:p='u'", " xml:lang=''", 'p:', '<a>', '</a>', '<a/>'],
  ...[
    ':',
    ';',
    ',',
    '=',
    '@',
    '/',
    '?',
    '#',
    '%',
    '%0',
    '%00',
    '%FF',
    '%C3',
    '\\',
    '\\20',
    '\\5c',
    '\\u0000',
    '\\uD800',
    '(',
    ')',
  ],
  ...[
    'From: ',
    'To: ',
    'NS: a <urn:a>\r\n',
    'a.b: c\r\n',
    'Require: ',
    'Content-Type: ',
    ';lang=en',
    'text/plain',
    'im:',
    'pres:',
    'sip:',
  ],
  ...[
    '0',
    '1',
    '-1',
    '127',
    '128',
    '999999999999999999999',
    '1e9',
    '0.5',
    'NaN',
    'null',
    'undefined',
    '__proto__',
    'constructor',
  ],
];

const longest = 1 << 16;

/** A few changes of a text. `others` are texts of the same sort, for parts of them. */
export function mutate(text: string, others: readonly string[], chance: Chance): string {
  let changed = text;
  for (let count = 1 + chance.below(4); count > 0; count--) changed = chance.oneOf(changes)(changed, others, chance);
  return changed.slice(0, longest);
}

type Change = (text: string, others: readonly string[], chance: Chance) => string;

const changes: readonly Change[] = [
  function insert(text, _, chance) {
    const at = chance.below(text.length + 1);
    return text.slice(0, at) + chance.oneOf(pieces) + text.slice(at);
  },
  function replace(text, _, chance) {
    const at = chance.below(text.length + 1);
    return text.slice(0, at) + chance.oneOf(pieces) + text.slice(at + 1 + chance.below(3));
  },
  function remove(text, _, chance) {
    const at = chance.below(text.length + 1);
    return text.slice(0, at) + text.slice(at + 1 + chance.below(8));
  },
  function cut(text, _, chance) {
    return text.slice(0, chance.below(text.length + 1));
  },
  function flip(text, _, chance) {
    const at = chance.below(text.length + 1);
    return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << chance.below(8))) + text.slice(at + 1);
  },
  function repeat(text, _, chance) {
    const at = chance.below(text.length + 1);
    const part = text.slice(at, at + 1 + chance.below(20));
    return text.slice(0, at) + part.repeat(chance.oneOf([2, 3, 10, 100, 3000])) + text.slice(at);
  },
  function move(text, _, chance) {
    const [from, to] = [chance.below(text.length + 1), chance.below(text.length + 1)];
    const part = text.slice(from, from + 1 + chance.below(30));
    const rest = text.slice(0, from) + text.slice(from + part.length);
    return rest.slice(0, to) + part + rest.slice(to);
  },
  function splice(text, others, chance) {
    const other = chance.oneOf(others);
    const [at, from] = [chance.below(text.length + 1), chance.below(other.length + 1)];
    return text.slice(0, at) + other.slice(from, from + 1 + chance.below(60)) + text.slice(at);
  },
];
