import { type Mention, type Span, type Stretch, styles, type Text } from '../envelope.ts';
import { CpimError } from '../error.ts';
import type { Incoming, Outgoing } from './headers.ts';
import { oneOf } from './headers.ts';

/*
 * What is marked in a text goes beside it, in headers: the body is the text itself for every reader. `Span: strong;3;7`,
 * `Span: link;0;4;href;https://…`, `Mention: 0;5;im:…;Bob`, `Mention: ;` (everybody, named nowhere).
 */

export function writeMarks({ spans, mentions, translations }: Text, out: Outgoing): void {
  // Not multipart/alternative (RFC 2046 §5.1.4): readers that take its last part would show a language that nobody chose.
  for (const one of translations ?? []) out.add('Translation', one.lang, one.text);
  for (const { style, start, end, href, language } of spans ?? []) {
    const more = [...(href === undefined ? [] : ['href', href]), ...(language === undefined ? [] : ['language', language])];
    out.add('Span', style, String(start), String(end), ...more);
  }
  for (const { start, end, who } of mentions ?? []) {
    const whom = who === undefined ? [] : [who.uri, ...(who.name === undefined ? [] : [who.name])];
    out.add('Mention', offset(start), offset(end), ...whom);
  }
}

export function isMarked(from: Incoming): boolean {
  return from.words('Span') !== undefined || from.words('Mention') !== undefined || from.words('Translation') !== undefined;
}

export function readMarks(from: Incoming): Pick<Text, 'translations' | 'spans' | 'mentions'> {
  const translations = from.all('Translation').map(([lang = '', text = '']) => ({ lang, text }));
  const spans = from.all('Span').map(readSpan);
  const mentions = from.all('Mention').map(readMention);
  return {
    ...(translations.length > 0 && { translations }),
    ...(spans.length > 0 && { spans }),
    ...(mentions.length > 0 && { mentions }),
  };
}

function readSpan([style = '', start = '', end = '', ...more]: readonly string[]): Span {
  const value = (key: string): string | undefined => {
    const at = more.findIndex((word, n) => n % 2 === 0 && word === key);
    return at < 0 ? undefined : more[at + 1];
  };
  const [href, language] = [value('href'), value('language')];
  return {
    style: oneOf(style, styles),
    ...stretch(start, end),
    ...(href !== undefined && { href }),
    ...(language !== undefined && { language }),
  };
}

function readMention([start = '', end = '', uri, name]: readonly string[]): Mention {
  const at = start === '' && end === '' ? {} : stretch(start, end);
  return uri === undefined ? at : { ...at, who: { uri, ...(name !== undefined && { name }) } };
}

function stretch(start: string, end: string): Stretch {
  const [first, behind] = [start, end].map((word) => (/^\d{1,9}$/.test(word) ? Number(word) : Number.NaN));
  if (first === undefined || behind === undefined || !(first < behind))
    throw new CpimError('malformed', 'no stretch of a text', 0);
  return { start: first, end: behind };
}

function offset(at: number | undefined): string {
  return at === undefined ? '' : String(at);
}
