import { Parser } from 'htmlparser2';
import type { Mention, Span, Style } from '../../../cpim/envelope.ts';
import { countPoints, marking, type Words } from '../../../cpim/text/words.ts';
import { isUserId, linkedId, userUri } from '../address.ts';

/*
 * `org.matrix.custom.html` (Client-Server API, "m.room.message msgtypes"): what of it is more than a text, and the text as a
 * browser would lay it out. All other tags are as if they were not there; what stands in them is shown.
 */

const inline: ReadonlyMap<string, Style> = new Map([
  ['b', 'strong'],
  ['strong', 'strong'],
  ['h1', 'strong'],
  ['h2', 'strong'],
  ['h3', 'strong'],
  ['h4', 'strong'],
  ['h5', 'strong'],
  ['h6', 'strong'],
  ['i', 'emphasis'],
  ['em', 'emphasis'],
  ['u', 'underline'],
  ['s', 'strike'],
  ['del', 'strike'],
  ['strike', 'strike'],
]);
const blocks = new Set('p div h1 h2 h3 h4 h5 h6 ul ol li blockquote pre table tr hr details summary caption'.split(' '));
const hidden = new Set(['mx-reply', 'script', 'style', 'head', 'title', 'iframe', 'template']);
// "Clients should limit how deeply tags are nested": a hundred is advised there.
const deepest = 100;

interface Open {
  readonly tag: string;
  /** Where it began, once there is something in it. */
  start?: number;
  readonly look?: Omit<Span, 'start' | 'end'>;
  readonly mention?: Mention;
  /** Of a list: the number of the next item. */
  count?: number;
}

/** The words of a formatted body. `name` is what a member is called. */
export function wordsOfHtml(html: string, name: (userId: string) => string): Words {
  const layout = new Layout(name);
  const parser = new Parser(
    {
      onopentag: (tag, attributes) => layout.open(tag, attributes),
      onclosetag: (tag) => layout.close(tag),
      ontext: (text) => layout.text(text),
    },
    { decodeEntities: true, lowerCaseTags: true },
  );
  parser.end(html);
  return layout.words();
}

class Layout {
  private written = '';
  private length = 0;
  private readonly path: Open[] = [];
  private readonly found: (Span & { readonly order: number })[] = [];
  private readonly mentions: Mention[] = [];
  private order = 0;
  /** Line breaks and a space that come only if something follows. */
  private breaks = 0;
  private hasSpace = false;
  private skipped = 0;
  /** Nothing but its bullet is there of an item. */
  private isItem = false;

  constructor(private readonly name: (userId: string) => string) {}

  open(tag: string, attributes: Readonly<Record<string, string>>): void {
    if (hidden.has(tag)) this.skipped += 1;
    if (tag === 'br') this.breaks += 1;
    if (blocks.has(tag)) this.newLine(tag === 'p' ? 2 : 1);
    this.path.push(this.opened(tag, attributes));
    if (tag === 'hr') this.put('———');
    if (tag === 'img') this.text(attributes.alt ?? attributes.title ?? '');
    if (tag === 'li') this.bullet();
    if (tag === 'td' || tag === 'th') this.hasSpace = true;
  }

  close(tag: string): void {
    const open = this.path.pop();
    if (open?.start !== undefined && open.start < this.length) {
      if (open.mention) this.mentions.push({ ...open.mention, start: open.start, end: this.length });
      if (open.look) this.found.push({ ...open.look, start: open.start, end: this.length, order: this.order++ });
    }
    if (hidden.has(tag)) this.skipped -= 1;
    if (blocks.has(tag)) this.newLine(tag === 'p' ? 2 : 1);
  }

  text(text: string): void {
    if (this.skipped > 0) return;
    if (this.path.some(({ tag }) => tag === 'pre')) {
      // What ends the last line is no line of its own.
      const lines = text.split('\n');
      for (const [n, line] of lines.entries()) {
        if (n > 0) this.breaks += 1;
        if (line !== '') this.put(line);
      }
      return;
    }
    for (const piece of text.split(/([ \t\r\n]+)/)) {
      if (/^[ \t\r\n]/.test(piece)) this.hasSpace = true;
      else if (piece !== '') this.put(piece);
    }
  }

  words(): Words {
    // Those that were closed later are around those that were closed before.
    const spans = this.found
      .toSorted((one, other) => one.start - other.start || other.end - one.end || other.order - one.order)
      .map(({ order: _, ...span }) => span);
    return marking({ text: this.written }, spans, this.mentions);
  }

  private opened(tag: string, attributes: Readonly<Record<string, string>>): Open {
    if (this.path.length >= deepest) return { tag };
    const style = inline.get(tag);
    if (style) return { tag, look: { style } };
    switch (tag) {
      case 'a':
        return { tag, ...this.linkOf(attributes.href ?? '') };
      case 'blockquote':
        return { tag, look: { style: 'quote' } };
      case 'pre':
        return { tag, look: { style: 'block' } };
      case 'code':
        return { tag, ...this.codeOf(attributes.class ?? '') };
      case 'span':
        return 'data-mx-spoiler' in attributes ? { tag, look: { style: 'spoiler' } } : { tag };
      case 'ol':
        return { tag, count: Number.parseInt(attributes.start ?? '1', 10) || 1 };
      default:
        return { tag };
    }
  }

  private linkOf(href: string): Pick<Open, 'look' | 'mention'> {
    const native = linkedId(href);
    if (native !== undefined && isUserId(native)) return { mention: { who: { uri: userUri(native), name: this.name(native) } } };
    return /^(?:https?|ftp|mailto|magnet):[^\s\p{Cc}]+$/iu.test(href) ? { look: { style: 'link', href } } : {};
  }

  /** In a `pre` it only says the language. */
  private codeOf(classes: string): Pick<Open, 'look'> {
    const above = this.path.at(-1);
    if (above?.tag !== 'pre') return { look: { style: 'code' } };
    const language = /(?:^|\s)language-([\w+#.-]{1,32})(?:\s|$)/.exec(classes)?.[1];
    if (language !== undefined) this.path[this.path.length - 1] = { ...above, look: { style: 'block', language } };
    return {};
  }

  private bullet(): void {
    const lists = this.path.filter(({ tag }) => tag === 'ul' || tag === 'ol');
    const list = lists.at(-1);
    const mark = list?.count === undefined ? '•' : `${list.count++}.`;
    this.put(`${'  '.repeat(Math.max(0, lists.length - 1))}${mark}`);
    this.hasSpace = true;
    this.isItem = true;
  }

  /** So many line breaks between what is written and what comes, if anything comes. */
  private newLine(least: 1 | 2): void {
    if (this.isItem) return;
    this.hasSpace = false;
    if (this.written === '') this.breaks = 0;
    else this.breaks = Math.max(this.breaks, least);
  }

  private put(text: string): void {
    if (this.written !== '' && this.breaks > 0) this.add('\n'.repeat(this.breaks));
    else if (this.hasSpace && this.written !== '') this.add(' ');
    this.breaks = 0;
    this.hasSpace = false;
    this.isItem = false;
    for (const open of this.path) open.start ??= this.length;
    this.add(text);
  }

  private add(text: string): void {
    this.written += text;
    this.length += countPoints(text);
  }
}
