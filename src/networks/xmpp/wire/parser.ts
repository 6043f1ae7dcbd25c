import { StringDecoder } from 'node:string_decoder';
import xml, { type Attrs, type Element } from '@xmpp/xml';

/** What the server sent cannot be read further: the stream is to be closed with this condition (RFC 6120 §4.9.3). */
export class StreamFault extends Error {
  constructor(
    readonly condition: 'not-well-formed' | 'restricted-xml' | 'policy-violation',
    text: string,
  ) {
    super(text);
  }
}

export interface ParserEvents {
  /** Each complete top-level element: stanzas, the handshake, a stream error. */
  element(el: Element): void;
  wanted?(name: string, attrs: Attrs): boolean;
  oversized(name: string, attrs: Attrs): void;
}

/** A stanza nested deeper than this is as good as one too large: nothing reads it, and walking it overflows stacks. */
const maxDepth = 256;
/** One tag or text may be that many times the limit for a stanza before the link is given up: it cannot be skipped unread. */
const tokenFactor = 4;
/** What an element costs beside its name, at least: `</>` and a bracket. */
const markup = 4;

/**
 * The library's stream parser, made safe: octets in, elements out. `write` throws a StreamFault when the stream is broken, and
 * nothing else; the parser is not usable afterwards.
 *
 * COMPAT(@xmpp/xml 0.13): it decodes each chunk by itself, throws or emits unheard errors, waits for ever after a DOCTYPE, and
 * reads a text again from its start with every chunk.
 */
export class StreamParser extends xml.Parser {
  readonly #utf8 = new StringDecoder('utf8');
  readonly #events: ParserEvents;
  readonly #max: number;
  #held: string[] = [];
  #heldLength = 0;
  #open = 0;
  #depth = 0;
  #size = 0;
  #skipping = false;
  #top: { name: string; attrs: Attrs } | undefined;

  constructor(events: ParserEvents, maxStanza: number) {
    super();
    this.#events = events;
    this.#max = maxStanza;
    this.on('error', (error: Error) => {
      throw error;
    });
  }

  octets(data: Buffer): void {
    this.feed(this.#utf8.write(data));
  }

  /** Only up to the last `>`: inside a text the tokenizer would start over with every chunk. */
  private feed(chunk: string): void {
    const end = chunk.lastIndexOf('>') + 1;
    if (end === 0) {
      this.hold(chunk);
      return;
    }
    this.#held.push(end === chunk.length ? chunk : chunk.slice(0, end));
    const ready = this.#held.length === 1 ? (this.#held[0] ?? '') : this.#held.join('');
    this.#held = [];
    this.#heldLength = 0;
    const { text, open } = withoutCdata(ready);
    this.tokenize(text);
    this.hold(open + chunk.slice(end));
  }

  private hold(text: string): void {
    if (text === '' || (this.#depth < 2 && this.#heldLength === 0 && text.trim() === '')) return; // a whitespace ping
    this.#held.push(text);
    this.#heldLength += text.length;
    this.limit(this.#heldLength);
  }

  /** The tokenizer tells of a text when it ends; what it holds until then is counted here. */
  private limit(length: number): void {
    const most = this.#max * tokenFactor;
    if (length > most) throw new StreamFault('policy-violation', `One tag or text of the stream is over ${most} characters`);
  }

  private tokenize(text: string): void {
    refuseRestricted(text, this.root === null);
    this.#open += text.length;
    this.limit(this.#open);
    try {
      // XML 1.0 §2.11: the line ends of the wire are LF to whoever reads. A `&#13;` is not touched.
      super.write(text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text);
    } catch (error) {
      if (error instanceof StreamFault) throw error;
      throw new StreamFault('not-well-formed', error instanceof Error ? error.message : String(error));
    }
  }

  override onStartElement(name: string, attrs: Attrs): void {
    this.#open = 0;
    this.#depth += 1;
    if (this.#depth === 1) {
      super.onStartElement(name, attrs);
      return;
    }
    if (this.#depth === 2) this.begin(name, attrs);
    else this.grow(name.length + markup + sizeOf(attrs));
    if (!this.#skipping) super.onStartElement(name, attrs);
  }

  override onEndElement(name: string): void {
    this.#open = 0;
    this.#depth -= 1;
    if (this.#skipping) {
      if (this.#depth === 1) this.#skipping = false;
      return;
    }
    if (this.cursor === null) throw new StreamFault('not-well-formed', 'An element ends that has not begun');
    const { cursor, root } = this;
    if (this.#depth === 1 && cursor.name === name && cursor.parent === null) {
      // The stanza goes out from here, not by an event: half of the library's time went into listeners nobody needs.
      cursor.parent = root;
      this.cursor = root;
      this.#events.element(cursor);
      return;
    }
    super.onEndElement(name);
  }

  override onText(text: string): void {
    this.#open = 0;
    // Between stanzas there is whitespace only, and the stream's root would keep it for ever.
    if (this.#depth < 2) {
      if (text.trim() !== '') throw new StreamFault('not-well-formed', 'There is text between the stanzas');
      return;
    }
    if (this.#skipping) return;
    this.grow(text.length);
    if (!this.#skipping) super.onText(text);
  }

  private begin(name: string, attrs: Attrs): void {
    this.#top = { name, attrs };
    this.#size = 0;
    this.#skipping = this.#events.wanted !== undefined && !this.#events.wanted(name, attrs);
    this.grow(name.length + markup + sizeOf(attrs));
  }

  private grow(by: number): void {
    this.#size += by;
    if (this.#skipping || (this.#size <= this.#max && this.#depth <= maxDepth)) return;
    this.#skipping = true;
    this.cursor = this.root;
    if (this.#top !== undefined) this.#events.oversized(this.#top.name, this.#top.attrs);
  }
}

function sizeOf(attrs: Attrs): number {
  let size = 0;
  for (const name in attrs) size += name.length + (attrs[name]?.length ?? 0) + 4;
  return size;
}

/**
 * CDATA sections as ordinary text; `open` is the beginning of one that has not ended.
 * COMPAT(ltx 3.1): it loses the text behind a section. Prosody and ejabberd send none, servers that keep what clients wrote do.
 */
function withoutCdata(text: string): { text: string; open: string } {
  if (!text.includes('<![CDATA[')) return { text, open: '' };
  const plain = text.replace(/<!\[CDATA\[(.*?)\]\]>/gs, (_, inner: string) => xml.escapeXMLText(inner));
  const start = plain.indexOf('<![CDATA[');
  return start < 0 ? { text: plain, open: '' } : { text: plain.slice(0, start), open: plain.slice(start) };
}

/** RFC 6120 §11.1: no comment, processing instruction or DTD. A `<` in a text is never written so. */
function refuseRestricted(text: string, first: boolean): void {
  const instruction = text.indexOf('<?', first && /^\s*<\?xml\s/.test(text) ? text.indexOf('<?') + 2 : 0);
  if (instruction >= 0) throw new StreamFault('restricted-xml', 'The stream holds a processing instruction');
  if (text.includes('<!')) throw new StreamFault('restricted-xml', 'The stream holds a comment or a document type');
}
