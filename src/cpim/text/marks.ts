import type { Span, Style } from '../envelope.ts';
import { countPoints, marking, moved, type Words } from './words.ts';

/*
 * The marks of plain text that people know: *strong*, _emphasis_, ~struck~, `code`, ||spoiler||, > before the lines of a quote,
 * three backticks around those of code, and the address of a link in brackets behind its words. Underlining has none.
 */

const pairs: Readonly<Partial<Record<Style, string>>> = { strong: '*', emphasis: '_', strike: '~', code: '`', spoiler: '||' };
const fence = '```';

/** The words with marks in place of these styles; other spans stay, each where its words are now. */
export function inMarks<W extends Words>(words: W, isMarked: (style: Style) => boolean = () => true): W {
  const spans = words.spans?.filter((one) => isMarked(one.style)) ?? [];
  if (spans.length === 0) return words;
  const rest = words.spans?.filter((one) => !isMarked(one.style));
  const writing = new Writing();
  let at = 0;
  let next = 0;
  const open: Span[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const mark = (): void => {
    ends[at] = writing.length;
    while (open.at(-1)?.end === at) writing.close(open.pop() as Span);
    for (; spans[next]?.start === at; next += 1) {
      open.push(spans[next] as Span);
      writing.open(spans[next] as Span);
    }
    starts[at] = writing.length;
  };
  for (const point of words.text) {
    mark();
    starts[at] = writing.put(point);
    at += 1;
  }
  mark();
  while (open.length > 0) writing.close(open.pop() as Span);
  return moved(
    marking({ ...words, text: writing.text }, rest, words.mentions),
    (from) => starts[from] ?? writing.length,
    (to) => ends[to] ?? writing.length,
  );
}

class Writing {
  text = '';
  /** In code points. */
  length = 0;
  private quotes = 0;
  private isLineStart = true;
  /** What was written last ends its line. */
  private isOver = false;
  /** Where the words of the links that are open begin in `text`. */
  private readonly labels: number[] = [];

  /** Where the point itself stands. */
  put(point: string): number {
    if (this.isOver && point !== '\n') this.write('\n');
    this.isOver = false;
    if (this.isLineStart && this.quotes > 0) {
      const prefix = '> '.repeat(this.quotes);
      this.write(point === '\n' ? prefix.trimEnd() : prefix);
    }
    const at = this.length;
    this.write(point);
    return at;
  }

  open({ style, language }: Span): void {
    switch (style) {
      case 'quote':
        this.newLine();
        this.quotes += 1;
        return;
      case 'block':
        this.newLine();
        for (const point of `${fence}${language ?? ''}\n`) this.put(point);
        return;
      case 'link':
        this.labels.push(this.text.length);
        return;
      default:
        for (const point of pairs[style] ?? '') this.put(point);
    }
  }

  close({ style, href }: Span): void {
    switch (style) {
      case 'quote':
        // Its last line is an empty one.
        if (this.isLineStart) this.write('> '.repeat(this.quotes).trimEnd());
        this.quotes -= 1;
        this.isOver = true;
        return;
      case 'block':
        for (const point of `\n${fence}`) this.put(point);
        this.isOver = true;
        return;
      case 'link': {
        const label = this.text.slice(this.labels.pop());
        if (href !== undefined && label !== href) this.write(` (${href})`);
        return;
      }
      default:
        for (const point of pairs[style] ?? '') this.put(point);
    }
  }

  private newLine(): void {
    if (!this.isLineStart) this.write('\n');
    this.isOver = false;
  }

  private write(text: string): void {
    if (text === '') return;
    this.text += text;
    this.length += countPoints(text);
    this.isLineStart = text.endsWith('\n');
  }
}
