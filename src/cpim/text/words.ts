import type { Mention, Span, Stretch, Text } from '../envelope.ts';

/** Words that may be formatted, and that may be the text of anything. */
export type Words = Pick<Text, 'text' | 'spans' | 'mentions'>;

/** The words between others that are none of their own: what is marked in them moves with them. */
export function framed<W extends Words>(words: W, before: string, after = ''): W {
  const text = `${before}${words.text}${after}`;
  if (words.spans === undefined && words.mentions === undefined) return { ...words, text };
  const by = countPoints(before);
  return moved({ ...words, text }, (at) => at + by);
}

/** The words up to an offset, and a mark behind them. */
export function shortened<W extends Words>(words: W, text: string, mark: string): W {
  const short = { ...words, text };
  if (words.spans === undefined && words.mentions === undefined) return short;
  const end = countPoints(text) - (text.endsWith(mark) ? countPoints(mark) : 0);
  return moved(short, (at) => Math.min(at, end));
}

/** With other offsets. What has nothing left of it is gone; a mention stays, for it asks for somebody all the same. */
export function moved<W extends Words>(words: W, start: (at: number) => number, end = start): W {
  const { spans, mentions, ...rest } = words;
  const move = <S extends Stretch>(one: S): S => ({ ...one, start: start(one.start), end: end(one.end) });
  const left = spans?.map(move).filter((one) => one.start < one.end);
  return marking(
    rest as W,
    left,
    mentions?.map((one) => (isPlaced(one) ? placed(move(one)) : one)),
  );
}

/** The words with these marks, and without an empty list of them. */
export function marking<W extends Words>(words: W, spans: readonly Span[] = [], mentions: readonly Mention[] = []): W {
  const { spans: _, mentions: __, ...bare } = words;
  return { ...bare, ...(spans.length > 0 && { spans }), ...(mentions.length > 0 && { mentions }) } as W;
}

function isPlaced(mention: Mention): mention is Mention & Stretch {
  return mention.start !== undefined && mention.end !== undefined;
}

function placed(mention: Mention & Stretch): Mention {
  if (mention.start < mention.end) return mention;
  const { start: _, end: __, ...who } = mention;
  return who;
}

export function countPoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
