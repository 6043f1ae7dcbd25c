import { CpimError } from '../error.ts';

/** An element of a document that was read. Names are compared by namespace; prefixes are gone. */
export interface XmlElement {
  readonly ns: string;
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  /** Line ends are LF (XML 1.0 §2.11). No two texts follow each other. */
  readonly children: readonly (XmlElement | string)[];
  /** `xml:lang` of the element or of what it stands in. */
  readonly lang: string | undefined;
  /** Where it begins, in octets of UTF-8. */
  readonly at: number;
}

/** Declarations of namespaces are none. */
export interface XmlAttribute {
  /** Empty for an attribute without a prefix. */
  readonly ns: string;
  readonly name: string;
  readonly value: string;
}

export const xmlNs = 'http://www.w3.org/XML/1998/namespace';

export function attribute(of: XmlElement, name: string): string | undefined {
  for (const one of of.attributes) if (one.name === name && one.ns === '') return one.value;
  return undefined;
}

/** The child elements of a namespace; of one name, if it is given. */
export function elements(of: XmlElement, ns: string, name?: string): XmlElement[] {
  const found: XmlElement[] = [];
  for (const child of of.children) {
    if (typeof child !== 'string' && child.ns === ns && (name === undefined || child.name === name)) found.push(child);
  }
  return found;
}

/** The first child element of the name. */
export function element(of: XmlElement, ns: string, name: string): XmlElement | undefined {
  for (const child of of.children) {
    if (typeof child !== 'string' && child.ns === ns && child.name === name) return child;
  }
  return undefined;
}

/** What stands in the element itself, without what stands in its children. */
export function text(of: XmlElement): string {
  const [only] = of.children;
  if (of.children.length === 1 && typeof only === 'string') return only;
  return of.children.filter((child) => typeof child === 'string').join('');
}

/** Without the whitespace around it that the simple types of XML Schema ignore. */
export function word(of: XmlElement): string {
  return collapsed(text(of));
}

/** XML Schema Part 2 §4.3.6: no whitespace at the ends, one space for each run of it inside. */
export function collapsed(value: string): string {
  if (/^[!-~]*$/.test(value)) return value;
  return /[\t\r\n]|^ | $| {2}/.test(value) ? value.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '') : value;
}

export function wrong(at: XmlElement, what: string): CpimError {
  return new CpimError('malformed', what, at.at);
}
