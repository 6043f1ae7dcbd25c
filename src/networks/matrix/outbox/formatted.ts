import type { Span, Style } from '../../../cpim/envelope.ts';
import type { Words } from '../../../cpim/text/words.ts';

const tags: Readonly<Record<Style, string>> = {
  strong: 'strong',
  emphasis: 'em',
  underline: 'u',
  strike: 'del',
  code: 'code',
  block: 'pre',
  quote: 'blockquote',
  spoiler: 'span',
  link: 'a',
};
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** `org.matrix.custom.html`, and nothing in it that was not a span. */
export function htmlOf({ text, spans = [] }: Words): string {
  const open: Span[] = [];
  let [html, next, at] = ['', 0, 0];
  // A line that ends where a block begins or ends is ended by the block.
  let isOver = true;
  const mark = (): void => {
    while (open.at(-1)?.end === at) {
      const span = open.pop() as Span;
      html += end(span);
      isOver = isBlock(span);
    }
    for (; spans[next]?.start === at; next += 1) {
      const span = spans[next] as Span;
      if (isBlock(span)) html = html.replace(/<br>$/, '');
      open.push(span);
      html += start(span);
      isOver = isBlock(span);
    }
  };
  for (const point of text) {
    mark();
    const isRaw = open.some(({ style }) => style === 'block');
    if (point !== '\n' || isRaw) html += entities[point] ?? point;
    else if (!isOver) html += '<br>';
    isOver = false;
    at += 1;
  }
  mark();
  for (const span of open.toReversed()) html += end(span);
  return html;
}

function isBlock({ style }: Span): boolean {
  return style === 'block' || style === 'quote';
}

function start({ style, href, language }: Span): string {
  switch (style) {
    case 'block':
      return `<pre><code${language === undefined ? '' : ` class="language-${escaped(language)}"`}>`;
    case 'spoiler':
      return '<span data-mx-spoiler>';
    case 'link':
      return `<a href="${escaped(href ?? '')}">`;
    default:
      return `<${tags[style]}>`;
  }
}

function end({ style }: Span): string {
  return style === 'block' ? '</code></pre>' : `</${tags[style]}>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (point) => entities[point] ?? point);
}
