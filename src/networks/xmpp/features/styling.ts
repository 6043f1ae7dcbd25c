import type { Span, Style } from '../../../cpim/envelope.ts';
import { marking, type Words } from '../../../cpim/text/words.ts';

/*
 * XEP-0393, Message Styling: marks in the body itself. Where the rules leave room we read less than they allow, because a mark
 * that is taken is no longer shown: snake_case_names, :-* and >_< stay as they are.
 */

const fence = /^```([^`]*)$/;
const quoted = /^>(?=$|[\s>\p{L}\p{N}"'(“‘])\s?/u;
const directives: ReadonlyMap<string, Style> = new Map([
  ['*', 'strong'],
  ['_', 'emphasis'],
  ['~', 'strike'],
  ['`', 'code'],
]);
const deepest = 8;

/** The text without its marks, and what they said. */
export function styled(body: string): Words {
  if (!/[*_~`>]/.test(body)) return { text: body };
  const reading = new Reading();
  reading.lines(body.split('\n'), 0);
  return marking({ text: reading.text }, reading.spans);
}

class Reading {
  text = '';
  readonly spans: Span[] = [];
  private length = 0;
  private isBegun = false;

  lines(lines: readonly string[], depth: number): void {
    for (let n = 0; n < lines.length; ) {
      const quote = depth < deepest ? lines.slice(n, runOf(lines, n)).map((line) => line.replace(quoted, '')) : [];
      if (quote.some((line) => line.trim() !== '')) {
        this.block({ style: 'quote' }, () => this.lines(quote, depth + 1));
        n += quote.length;
        continue;
      }
      const code = codeOf(lines, n);
      if (code) this.block({ style: 'block', ...code.look }, () => this.raw(code.lines));
      else this.line(lines[n] as string);
      n += code ? code.taken : 1;
    }
  }

  private line(line: string): void {
    this.newLine();
    new LineReading(Array.from(line), this).all();
  }

  private raw(lines: readonly string[]): void {
    for (const line of lines) {
      this.newLine();
      this.put(line);
    }
  }

  private block(look: Omit<Span, 'start' | 'end'>, content: () => void): void {
    const start = this.length + (this.isBegun ? 1 : 0);
    this.span(look, start, content);
  }

  /** The outer span comes before those within it. */
  span(look: Omit<Span, 'start' | 'end'>, start: number, content: () => void): void {
    const place = this.spans.push({ ...look, start, end: start }) - 1;
    content();
    if (this.length > start) this.spans[place] = { ...look, start, end: this.length };
    else this.spans.splice(place, 1);
  }

  here(): number {
    return this.length;
  }

  put(text: string): void {
    this.text += text;
    for (const _ of text) this.length += 1;
  }

  private newLine(): void {
    if (this.isBegun) this.put('\n');
    this.isBegun = true;
  }
}

/** How far the lines go on as a quote. */
function runOf(lines: readonly string[], from: number): number {
  let end = from;
  while (end < lines.length && quoted.test(lines[end] as string)) end += 1;
  return end;
}

interface Code {
  readonly look: Pick<Span, 'language'>;
  readonly lines: readonly string[];
  readonly taken: number;
}

function codeOf(lines: readonly string[], from: number): Code | undefined {
  const language = fence.exec(lines[from] as string)?.[1]?.trim();
  if (language === undefined) return undefined;
  const close = lines.indexOf('```', from + 1);
  const end = close < 0 ? lines.length : close;
  const content = lines.slice(from + 1, end);
  if (content.every((line) => line === '')) return undefined;
  const taken = (close < 0 ? end : end + 1) - from;
  return { look: /^[\w+#.-]{1,32}$/.test(language) ? { language } : {}, lines: content, taken };
}

/** The spans of one line: they end where it ends. */
class LineReading {
  constructor(
    private readonly points: readonly string[],
    private readonly into: Reading,
  ) {}

  all(): void {
    this.within(0, this.points.length, 0);
  }

  private within(from: number, to: number, depth: number): void {
    // A directive that nothing closes once is closed nowhere behind.
    const unclosed = new Set<string>();
    for (let at = from; at < to; ) {
      const point = this.points[at] as string;
      const style = directives.get(point);
      const mayOpen = style !== undefined && depth < deepest && !unclosed.has(point) && this.opens(at, from, to);
      const end = mayOpen ? this.closing(at, to) : undefined;
      if (mayOpen && end === undefined) unclosed.add(point);
      if (style === undefined || end === undefined) {
        this.into.put(point);
        at += 1;
        continue;
      }
      const start = at + 1;
      this.into.span({ style }, this.into.here(), () => {
        if (style === 'code') this.into.put(this.points.slice(start, end).join(''));
        else this.within(start, end, depth + 1);
      });
      at = end + 1;
    }
  }

  /** At the beginning of what it stands in, or behind a space, and no space behind it. */
  private opens(at: number, from: number, to: number): boolean {
    const [before, after] = [this.points[at - 1], this.points[at + 1]];
    const isFirst = at === from || (before !== undefined && /[\s(["'“‘]/.test(before));
    return isFirst && at + 1 < to && after !== undefined && !/\s/.test(after) && after !== this.points[at];
  }

  /** The first one that may close it: no space before it, no word behind it, and something between that can be read. */
  private closing(open: number, to: number): number | undefined {
    const directive = this.points[open];
    let isReadable = false;
    for (let at = open + 1; at < to; at += 1) {
      const point = this.points[at] as string;
      const [before, after] = [this.points[at - 1] as string, at + 1 < to ? this.points[at + 1] : undefined];
      const closes = point === directive && isReadable && !/\s/.test(before) && before !== directive;
      if (closes && (after === undefined || (!/[\p{L}\p{N}]/u.test(after) && after !== directive))) return at;
      isReadable ||= /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(point);
    }
    return undefined;
  }
}
