import type { Element } from '@xmpp/xml';

/**
 * Own serialiser: one bad character or an unbound prefix makes the server close the whole stream, and the library writes
 * whatever it is given. A stanza that cannot be written well-formed is Unwritable; a bad character only costs itself.
 */
export class Unwritable extends Error {}

/** No client nests like this; without a limit a made-up stanza overflows the stack. */
const maxDepth = 100;

// COMPAT(expat): it reads names by the fourth edition of XML 1.0, so a later letter is "not well-formed" to Prosody and ejabberd.
// No namespace that we write needs more than ASCII.
const ncName = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

const reservedNamespaces = new Set(['http://www.w3.org/XML/1998/namespace', 'http://www.w3.org/2000/xmlns/']);

// XML 1.0 §2.2 Char; with the `u` flag a pair is one character, so \uD800-\uDFFF finds lone halves only.
const illegal = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uD800-\uDFFF\uFFFE\uFFFF]/gu;
// Without the `u` flag: a cheap look, which also stops at sound pairs.
const noteworthy = /[&<>"'\u0000-\u001F\uD800-\uDFFF\uFFFE\uFFFF]/;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // XML 1.0 §3.3.3 and §2.11: raw ones would be read as spaces in an attribute, and a CR as LF anywhere.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Any text → text that XML can hold: what it cannot becomes U+FFFD, one for one. */
export function legal(text: string): string {
  return text.replace(illegal, '\uFFFD');
}

/** Throws Unwritable, nothing else. */
export function serialize(stanza: Element): string {
  return element(stanza, new Set(), maxDepth);
}

function element(el: Element, outer: ReadonlySet<string>, depth: number): string {
  if (depth === 0) throw new Unwritable('it is nested too deeply');
  const prefixes = declared(el, outer);
  checkName(el.name, prefixes);
  let text = `<${el.name}`;
  let locals: Set<string> | undefined;
  for (const name of Object.keys(el.attrs)) {
    const value: unknown = el.attrs[name];
    if (value === undefined || value === null) continue;
    if (name !== 'xmlns' && !name.startsWith('xmlns:')) {
      checkName(name, prefixes);
      // Namespaces §6.3: two prefixes may stand for one namespace; rather than resolve them, no local name comes twice.
      const colon = name.indexOf(':');
      if (colon > 0) {
        locals ??= new Set();
        const local = name.slice(colon + 1);
        if (locals.has(local)) throw new Unwritable('an attribute is given twice');
        locals.add(local);
      }
    }
    text += ` ${name}="${attribute(String(value))}"`;
  }
  if (el.children.length === 0) return `${text}/>`;
  text += '>';
  for (const child of el.children as readonly unknown[]) {
    if (child === undefined || child === null) continue;
    text += isElement(child) ? element(child, prefixes, depth - 1) : content(String(child));
  }
  return `${text}</${el.name}>`;
}

function isElement(child: unknown): child is Element {
  return typeof child === 'object' && child !== null && 'name' in child && 'attrs' in child && 'children' in child;
}

/** The prefixes in scope, after the checks of Namespaces in XML 1.0 §3 and §5 (a prefix cannot be unbound). */
function declared(el: Element, outer: ReadonlySet<string>): ReadonlySet<string> {
  let prefixes: Set<string> | undefined;
  for (const name of Object.keys(el.attrs)) {
    if (!name.startsWith('xmlns')) continue;
    const value = el.attrs[name];
    if (value === undefined || value === null) continue;
    if (reservedNamespaces.has(value)) throw new Unwritable('a reserved namespace is declared');
    if (name === 'xmlns') continue;
    const prefix = name.slice(6);
    if (name[5] !== ':') continue;
    if (!ncName.test(prefix) || prefix === 'xml' || prefix === 'xmlns' || value === '') {
      throw new Unwritable('a namespace prefix is not valid');
    }
    prefixes ??= new Set(outer);
    prefixes.add(prefix);
  }
  return prefixes ?? outer;
}

function checkName(name: unknown, prefixes: ReadonlySet<string>): void {
  if (typeof name !== 'string') throw new Unwritable('a name is not valid');
  if (ncName.test(name)) return;
  const colon = name.indexOf(':');
  const prefix = name.slice(0, Math.max(colon, 0));
  if (!ncName.test(prefix) || !ncName.test(name.slice(colon + 1))) throw new Unwritable('a name is not valid');
  if (prefix !== 'xml' && !prefixes.has(prefix)) throw new Unwritable('a prefix has no namespace');
}

function content(text: string): string {
  if (!noteworthy.test(text)) return text;
  return legal(text).replace(/[&<>\r]/g, (char) => entities[char] ?? char);
}

function attribute(text: string): string {
  if (!noteworthy.test(text)) return text;
  return legal(text).replace(/[&<>"'\t\n\r]/g, (char) => entities[char] ?? char);
}
