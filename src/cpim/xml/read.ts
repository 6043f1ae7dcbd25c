import { SaxesParser, type SaxesTagNS } from 'saxes';
import { CpimError } from '../error.ts';
import { type XmlAttribute, type XmlElement, xmlNs } from './element.ts';
import { readPlain } from './plain.ts';

// Documents inside messages are small: a presence with a hundred clients is a tenth of this.
const maxLength = 1 << 20;
const maxDepth = 64;
const maxAttributes = 64;

/**
 * Reads a whole document (XML 1.0, Namespaces). Throws a CpimError: `malformed` if it is not well-formed, `refused` if it has a
 * document type declaration (so there are no entities but the five), `unsupported` if it is too large or too deep.
 */
export function readXml(source: string): XmlElement {
  if (source.length > maxLength) throw new CpimError('unsupported', 'a document that is too large', 0);
  if (!source.isWellFormed()) throw new CpimError('malformed', 'half of a surrogate pair', 0);
  return readPlain(source) ?? readAny(source);
}

/** The same with nothing left out, by the parser. */
export function readAny(source: string): XmlElement {
  return new Reading(source).root();
}

/** An element while it is open. */
interface Open extends XmlElement {
  readonly children: (XmlElement | string)[];
}

class Reading {
  private readonly parser = new SaxesParser({ xmlns: true, position: false, defaultXMLVersion: '1.0', forceXMLVersion: true });
  private readonly open: Open[] = [];
  private top: XmlElement | undefined;
  /** Where the last `<` was, in UTF-16 units and in octets. */
  private units = 0;
  private octets = 0;

  constructor(private readonly source: string) {
    const { parser } = this;
    parser.on('error', (error) => this.fail('malformed', error.message));
    parser.on('doctype', () => this.fail('refused', 'a document type declaration'));
    parser.on('opentagstart', () => this.begin());
    parser.on('opentag', (tag) => this.opened(tag));
    parser.on('closetag', () => this.open.pop());
    parser.on('text', (piece) => this.text(piece));
    parser.on('cdata', (piece) => this.text(piece));
  }

  root(): XmlElement {
    this.parser.write(this.source).close();
    return this.top ?? this.fail('malformed', 'no element');
  }

  private begin(): void {
    // The parser stands behind the name; names hold no `<`.
    const at = this.source.lastIndexOf('<', this.parser.position - 1);
    this.octets += Buffer.byteLength(this.source.slice(this.units, at));
    this.units = at;
  }

  private opened({ uri, local, attributes }: SaxesTagNS): void {
    if (this.open.length >= maxDepth) this.fail('unsupported', 'elements that are nested too deep');
    const above = this.open.at(-1);
    let lang = above?.lang;
    const kept: XmlAttribute[] = [];
    for (const { uri: ns, local: name, prefix, value, name: written } of Object.values(attributes)) {
      if (prefix === 'xmlns' || written === 'xmlns') continue;
      if (ns === xmlNs && name === 'lang') lang = value === '' ? undefined : value;
      kept.push({ ns, name, value });
    }
    if (kept.length > maxAttributes) this.fail('unsupported', 'too many attributes');
    const found: Open = { ns: uri, name: local, attributes: kept, children: [], lang, at: this.octets };
    if (above) above.children.push(found);
    else this.top = found;
    this.open.push(found);
  }

  private text(piece: string): void {
    const into = this.open.at(-1)?.children;
    if (into === undefined) return;
    const last = into.length - 1;
    const before = into[last];
    if (typeof before === 'string') into[last] = before + piece;
    else into.push(piece);
  }

  private fail(kind: CpimError['kind'], what: string): never {
    throw new CpimError(kind, what, Buffer.byteLength(this.source.slice(0, this.parser.position)));
  }
}
