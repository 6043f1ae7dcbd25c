import type { Edit, Payload, Text } from '../envelope.ts';
import { countPoints, framed, marking, shortened, type Words } from '../text/words.ts';
import { cut } from './line.ts';
import { type Quote, quoteLine } from './phrases.ts';
import { textIn, withText } from './step.ts';

/** The payload with its words changed; the same object if they stay or there are none. */
function reworded(payload: Payload, change: <W extends Words>(words: W) => W): Payload {
  switch (payload.kind) {
    case 'text':
    case 'notice':
      return change<Words & Payload>(payload);
    case 'edit': {
      const text = change(payload.text);
      return text === payload.text ? payload : { ...payload, text };
    }
    case 'media': {
      const caption = payload.caption === undefined ? undefined : change({ text: payload.caption }).text;
      return caption === undefined || caption === payload.caption ? payload : { ...payload, caption };
    }
    case 'retraction':
    case 'reaction':
    case 'membership':
    case 'invitation':
    case 'opaque':
      return payload;
  }
}

/** The payload with its words in at most so many octets, ended by the mark if there is room for it. */
export function cutTo(payload: Payload, octets: number, mark: string): Payload {
  return reworded(payload, (words) => {
    const short = cut(words.text, octets, mark);
    return short === words.text ? words : shortened(words, short, mark);
  });
}

/** The payload with a quote before what is said; the same object if nothing is known or there is no text to put it into. */
export function quoting(payload: Payload, quote: Quote): Payload {
  const line = quoteLine(quote);
  if (line === undefined) return payload;
  if (payload.kind === 'media' && payload.caption === undefined) return { ...payload, caption: `> ${line}` };
  const text = textIn(payload);
  if (text === undefined) return reworded(payload, (words) => framed(words, `> ${line}\n`));
  if (text.manner === 'emote') {
    // The name of an emote stands before its first line: a quote there would be what somebody does.
    const whom = quote.excerpt === undefined ? quote.author : `“${quote.excerpt}”`;
    return withText(payload, framed(text, '', ` (in reply to ${whom})`));
  }
  const below = framed(text, `${line}\n`);
  const span = { style: 'quote', start: 0, end: countPoints(line) } as const;
  return withText(payload, marking(below, [span, ...(below.spans ?? [])], below.mentions));
}

/** The payload with the name of the speaker in its text; undefined if it has no place for one. */
export function spokenBy(payload: Payload, speaker: string): Payload | undefined {
  switch (payload.kind) {
    case 'text':
      return named(payload, speaker);
    case 'edit':
      return { ...payload, text: named(payload.text, speaker) };
    case 'media':
      return { ...payload, caption: payload.caption ? `${speaker}: ${payload.caption}` : `sent by ${speaker}` };
    case 'invitation':
      return { ...payload, reason: payload.reason ? `${speaker}: ${payload.reason}` : `invited by ${speaker}` };
    case 'retraction':
    case 'reaction':
    case 'membership':
    case 'notice':
    case 'opaque':
      return undefined;
  }
}

function named(text: Text, speaker: string): Text {
  return text.manner === 'emote' ? emoteIn(speaker, text) : framed(text, `${speaker}: `);
}

/** `* Name text`: an emote where there are none, or somebody else's. */
export function emoteIn(name: string, text: Text): Text {
  return framed({ ...text, manner: 'plain' as const }, `* ${name} `);
}

/** `* corrected text (was: “original”)`. */
export function editing({ text }: Edit, quote: Quote): Text {
  const was = quote.excerpt === undefined ? '' : ` (was: “${quote.excerpt}”)`;
  // An emote already begins with an asterisk wherever it is shown.
  if (text.manner === 'emote') return framed(text, '', was || ' (corrected)');
  return framed(text, '* ', was);
}
