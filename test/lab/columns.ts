import stringWidth from 'string-width';

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The text in lines of at most `width` columns; wide characters and emoji count as they are shown. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<= )/)) {
    if (stringWidth(line + word.trimEnd()) <= width) {
      line += word;
      continue;
    }
    if (line.trim() !== '') lines.push(line.trimEnd());
    line = '';
    for (const { segment } of segments.segment(word)) {
      if (stringWidth(line + segment) > width) {
        lines.push(line);
        line = '';
      }
      line += segment;
    }
  }
  lines.push(line.trimEnd());
  return lines;
}

const rightToLeft = /[\u0590-\u08FF\uFB1D-\uFEFC]/;

/** Pads to exactly `width` columns. A right-to-left text is isolated (U+2068 … U+2069), so that its neighbour stays in place. */
function pad(text: string, width: number): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return rightToLeft.test(text) ? `\u2068${text}\u2069${space}` : `${text}${space}`;
}

/** Two lists of lines beside each other, under their titles. */
export function sideBySide(
  left: readonly string[],
  right: readonly string[],
  titles: readonly [string, string],
  total: number,
): string {
  const width = Math.floor((Math.min(total, 140) - 5) / 2);
  const [a, b] = [left, right].map((lines) =>
    lines.flatMap((line) => wrap(line, width).map((part, n) => (n === 0 ? part : `  ${part}`))),
  ) as [string[], string[]];
  const rows = Array.from(
    { length: Math.max(a.length, b.length) },
    (_, n) => `  ${pad(a[n] ?? '', width)} │ ${pad(b[n] ?? '', width).trimEnd()}`,
  );
  const rule = `  ${'─'.repeat(width)}─┼─${'─'.repeat(width)}`;
  return [`  ${pad(titles[0], width)} │ ${titles[1]}`, rule, ...rows].join('\n');
}
