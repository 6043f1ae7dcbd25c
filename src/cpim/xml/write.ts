import { CpimError } from '../error.ts';

// XML 1.0 §2.2, Char; the surrogates of a pair stand for one beyond U+FFFF.
const illegal = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const specials = /[&<>\r]/g;
const quoted = /[&<"\t\n\r]/g;
// Most of what is written needs no second look.
const plain = /^[ !#-%'-;=?-~]*$/;

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Character data. Throws a CpimError, `malformed`, for what no document can hold. */
export function xmlText(text: string): string {
  return plain.test(text) ? text : legal(text).replace(specials, (char) => escapes[char] ?? char);
}

/** ` name="value"`; nothing where there is no value. */
export function xmlAttribute(name: string, value: string | undefined): string {
  if (value === undefined) return '';
  const written = plain.test(value) ? value : legal(value).replace(quoted, (char) => escapes[char] ?? char);
  return ` ${name}="${written}"`;
}

/** `<name>text</name>`; nothing where there is no text. */
export function xmlLeaf(name: string, text: string | undefined): string {
  return text === undefined ? '' : `<${name}>${xmlText(text)}</${name}>`;
}

export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>';

function legal(text: string): string {
  if (illegal.test(text)) throw new CpimError('malformed', 'a character that no document can hold', 0);
  return text;
}

// Namespaces in XML §3, production NCName, of XML 1.0 fifth edition.
const start =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}';
const ncName = new RegExp(`^[${start}][${start}.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}-]*$`, 'u');

/** What an XML ID is: a name without a colon. */
export function isNcName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text) || ncName.test(text);
}

/** `xml:lang`, XML Schema Part 2 §3.3.3. */
export function isLanguage(text: string): boolean {
  return /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(text);
}
