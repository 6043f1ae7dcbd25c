import { type XmlAttribute, type XmlElement, xmlNs } from './element.ts';
import { xmlDeclaration } from './write.ts';

/**
 * Reads what nearly all documents are: elements, attributes, text and the five entities. Undefined for everything else, and
 * whenever there is any doubt: then the real parser decides. Ten times as fast, because it needs to be right only about what it
 * takes. The caller has seen to it that the text is well-formed UTF-16.
 */
export function readPlain(source: string): XmlElement | undefined {
  return new PlainReading(source).document();
}

/** Prefixes in effect, the innermost first. */
interface Scope {
  readonly prefix: string;
  readonly uri: string;
  readonly outer: Scope | undefined;
}

interface Open {
  /** As written, for the end tag. */
  readonly tag: string;
  readonly element: Growing;
  readonly outer: Scope | undefined;
  /** What this element stands in. */
  readonly above: Open | undefined;
  /** How many that are. */
  readonly depth: number;
}

interface Growing extends XmlElement {
  children: (XmlElement | string)[];
}

const maxDepth = 64;
const maxAttributes = 64;
const declaration =
  /<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"[A-Za-z][A-Za-z0-9._-]*"|'[A-Za-z][A-Za-z0-9._-]*'))? ?\?>/y;
// Shared by all that have none; a list is made with its first item in it, because one that is pushed to reserves room for many.
const noChildren: (XmlElement | string)[] = [];
const noAttributes: readonly XmlAttribute[] = [];

const tab = 0x09;
const newline = 0x0a;
const space = 0x20;
const doubleQuote = 0x22;
const ampersand = 0x26;
const singleQuote = 0x27;
const slash = 0x2f;
const colon = 0x3a;
const lessThan = 0x3c;
const equals = 0x3d;
const greaterThan = 0x3e;
const bracket = 0x5d;
const tilde = 0x7e;

// What a character of ASCII may be: 1 begins a name, 2 goes on in one, 4 is whitespace.
const classes = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code);
  classes[code] = (/[A-Za-z_]/.test(char) ? 1 : 0) | (/[A-Za-z_0-9.-]/.test(char) ? 2 : 0) | (/[ \t\n]/.test(char) ? 4 : 0);
}

class PlainReading {
  private at = 0;
  /** The innermost element that is open. */
  private open: Open | undefined;
  private scope: Scope | undefined;
  /** Of the name that was read last: where its colon is, -1 if it has none. */
  private colonAt = -1;
  private root: XmlElement | undefined;
  // For positions in octets: up to here they are known. Until something is not ASCII they are the same.
  private isWide = false;
  private units = 0;
  private octets = 0;

  constructor(private readonly source: string) {}

  document(): XmlElement | undefined {
    if (this.source.startsWith(xmlDeclaration)) this.at = xmlDeclaration.length;
    else if (this.source.startsWith('<?')) {
      declaration.lastIndex = 0;
      if (!declaration.test(this.source)) return undefined;
      this.at = declaration.lastIndex;
    }
    this.space();
    while (this.root === undefined || this.open !== undefined) if (!this.next()) return undefined;
    this.space();
    return this.at === this.source.length ? this.root : undefined;
  }

  /** One tag, with the text before it; false if it is not plain. */
  private next(): boolean {
    const { source } = this;
    if (this.open !== undefined && !this.text()) return false;
    if (source.charCodeAt(this.at) !== lessThan) return false;
    return source.charCodeAt(this.at + 1) === slash ? this.endTag() : this.startTag();
  }

  private text(): boolean {
    const { source } = this;
    const start = this.at;
    let at = start;
    let isSpecial = false;
    for (let code = source.charCodeAt(at); code !== lessThan; code = source.charCodeAt(++at)) {
      if (code === ampersand || code === bracket) isSpecial = true;
      else if (!(code >= space && code <= tilde) && code !== newline && code !== tab && !this.isLegal(code)) return false;
    }
    this.at = at;
    if (at === start) return true;
    const written = source.slice(start, at);
    const text = isSpecial ? decoded(written) : written;
    if (text !== undefined) this.add(text);
    return text !== undefined;
  }

  private add(child: XmlElement | string): void {
    const into = this.open?.element;
    if (into === undefined) return;
    if (into.children === noChildren) into.children = [child];
    else into.children.push(child);
  }

  private endTag(): boolean {
    const { open } = this;
    if (open === undefined || !this.source.startsWith(open.tag, this.at + 2)) return false;
    this.at += 2 + open.tag.length;
    this.space();
    this.scope = open.outer;
    this.open = open.above;
    return this.source.charCodeAt(this.at++) === greaterThan;
  }

  private startTag(): boolean {
    const start = this.at++;
    const tag = this.name();
    const { open: above } = this;
    const depth = above === undefined ? 0 : above.depth + 1;
    if (tag === undefined || depth >= maxDepth) return false;
    const { colonAt } = this;
    const outer = this.scope;
    const attributes = this.attributes();
    const ns = this.uriOf(colonAt < 0 ? '' : tag.slice(0, colonAt));
    if (attributes === undefined || ns === undefined) return false;
    const name = colonAt < 0 ? tag : tag.slice(colonAt + 1);
    const lang = langOf(attributes, above?.element.lang);
    const element: Growing = { ns, name, attributes, children: noChildren, lang, at: this.octetsTo(start) };
    if (this.root === undefined) this.root = element;
    else this.add(element);
    if (this.source.charCodeAt(this.at) === slash) {
      this.at++;
      this.scope = outer;
    } else this.open = { tag, element, outer, above, depth };
    return this.source.charCodeAt(this.at++) === greaterThan;
  }

  /** Declarations are taken into the scope. */
  private attributes(): readonly XmlAttribute[] | undefined {
    const outer = this.scope;
    let found: XmlAttribute[] | undefined;
    let hasPrefix = false;
    for (let count = 0; ; count++) {
      const before = this.at;
      this.space();
      if ((classOf(this.source, this.at) & 1) === 0) break;
      const name = before === this.at ? undefined : this.name();
      const { colonAt } = this;
      const value = name === undefined ? undefined : this.value();
      if (name === undefined || value === undefined || count === maxAttributes) return undefined;
      if ((colonAt < 0 || colonAt === 5) && name.startsWith('xmlns') && (colonAt === 5 || name.length === 5)) {
        if (!this.declare(name.slice(6), value, outer)) return undefined;
        continue;
      }
      hasPrefix ||= colonAt >= 0;
      const attribute = { ns: '', name, value };
      if (found === undefined) found = [attribute];
      else if (isAmong(found, attribute)) return undefined;
      else found.push(attribute);
    }
    return found !== undefined && hasPrefix ? this.resolved(found) : (found ?? noAttributes);
  }

  /** Namespaces in XML §3: what is reserved is not declared, a prefix is not undeclared, and nothing is there twice. */
  private declare(prefix: string, uri: string, outer: Scope | undefined): boolean {
    if (uri === '' && prefix !== '') return false;
    // No URI has spaces, of whatever kind; what to do about them is the parser's business.
    if (prefix === 'xml' || prefix === 'xmlns' || reserved.has(uri) || !/^[!-~]*$/.test(uri)) return false;
    for (let scope = this.scope; scope !== outer; scope = scope?.outer) if (scope?.prefix === prefix) return false;
    this.scope = { prefix, uri, outer: this.scope };
    return true;
  }

  /** With their namespaces. */
  private resolved(written: readonly XmlAttribute[]): readonly XmlAttribute[] | undefined {
    const attributes: XmlAttribute[] = [];
    for (const { name, value } of written) {
      const colonAt = name.indexOf(':');
      const ns = colonAt < 0 ? '' : this.uriOf(name.slice(0, colonAt));
      if (ns === undefined) return undefined;
      const attribute = { ns, name: name.slice(colonAt + 1), value };
      if (isAmong(attributes, attribute)) return undefined;
      attributes.push(attribute);
    }
    return attributes;
  }

  private value(): string | undefined {
    const { source } = this;
    const quote = source.charCodeAt(this.at + 1);
    if (source.charCodeAt(this.at) !== equals || (quote !== doubleQuote && quote !== singleQuote)) return undefined;
    const start = this.at + 2;
    let at = start;
    let isSpecial = false;
    for (let code = source.charCodeAt(at); code !== quote; code = source.charCodeAt(++at)) {
      if (code === ampersand) isSpecial = true;
      // XML 1.0 §3.3.3: other whitespace than spaces would become spaces.
      else if (code === lessThan || (!(code >= space && code <= tilde) && !this.isLegal(code))) return undefined;
    }
    this.at = at + 1;
    const written = source.slice(start, at);
    return isSpecial ? decoded(written) : written;
  }

  /** Of what is no printable ASCII; not a number at the end of the text. Line ends with a CR are the parser's business. */
  private isLegal(code: number): boolean {
    if (code > tilde) this.isWide = true;
    return code > tilde && code < 0xfffe;
  }

  /** `local` or `prefix:local`, of ASCII. */
  private name(): string | undefined {
    const { source } = this;
    const start = this.at;
    let at = start;
    this.colonAt = -1;
    if ((classOf(source, at) & 1) === 0) return undefined;
    for (at++; ; at++) {
      if ((classOf(source, at) & 2) !== 0) continue;
      if (source.charCodeAt(at) !== colon || this.colonAt >= 0 || (classOf(source, at + 1) & 1) === 0) break;
      this.colonAt = at - start;
    }
    this.at = at;
    return source.slice(start, at);
  }

  private space(): void {
    while ((classOf(this.source, this.at) & 4) !== 0) this.at++;
  }

  private uriOf(prefix: string): string | undefined {
    for (let scope = this.scope; scope !== undefined; scope = scope.outer) if (scope.prefix === prefix) return scope.uri;
    if (prefix === '') return '';
    return prefix === 'xml' ? xmlNs : undefined;
  }

  private octetsTo(at: number): number {
    if (!this.isWide) return at;
    this.octets += Buffer.byteLength(this.source.slice(this.units, at));
    this.units = at;
    return this.octets;
  }
}

const reserved: ReadonlySet<string> = new Set([xmlNs, 'http://www.w3.org/2000/xmlns/']);

function classOf(source: string, at: number): number {
  const code = source.charCodeAt(at);
  return code < 128 ? (classes[code] ?? 0) : 0;
}

function isAmong(attributes: readonly XmlAttribute[], { ns, name }: XmlAttribute): boolean {
  for (const one of attributes) if (one.name === name && one.ns === ns) return true;
  return false;
}

function langOf(attributes: readonly XmlAttribute[], inherited: string | undefined): string | undefined {
  for (const { ns, name, value } of attributes) if (name === 'lang' && ns === xmlNs) return value === '' ? undefined : value;
  return inherited;
}

const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" };

/** Undefined if it has other references, or the end of a CDATA section. */
function decoded(text: string): string | undefined {
  if (text.includes(']]>') || /&(?!(?:amp|lt|gt|quot|apos);)/.test(text)) return undefined;
  return text.replace(/&[a-z]+;/g, (entity) => entities[entity] ?? entity);
}
