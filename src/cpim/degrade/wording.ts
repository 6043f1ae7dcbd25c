import type { Payload, Text } from '../envelope.ts';
import { emoteLine, type Quote, quoteLine } from './phrases.ts';

/** The payload with its text changed; the same object if the text stays or there is none. */
export function reworded(payload: Payload, change: (text: string) => string): Payload {
  switch (payload.kind) {
    case 'text':
    case 'notice': {
      const text = change(payload.text);
      return text === payload.text ? payload : { ...payload, text };
    }
    case 'edit': {
      const text = change(payload.text.text);
      return text === payload.text.text ? payload : { ...payload, text: { ...payload.text, text } };
    }
    case 'media': {
      const caption = payload.caption === undefined ? undefined : change(payload.caption);
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

/** The payload with a quote before what is said; the same object if nothing is known or there is no text to put it into. */
export function quoting(payload: Payload, quote: Quote): Payload {
  const line = quoteLine(quote);
  if (line === undefined) return payload;
  if (payload.kind === 'media' && payload.caption === undefined) return { ...payload, caption: line };
  const said = payload.kind === 'edit' ? payload.text : payload;
  if (said.kind === 'text' && said.manner === 'emote') {
    // The name of an emote stands before its first line: a quote there would be what somebody does.
    const whom = quote.excerpt === undefined ? quote.author : `“${quote.excerpt}”`;
    return reworded(payload, (text) => `${text} (in reply to ${whom})`);
  }
  return reworded(payload, (text) => `${line}\n${text}`);
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
  if (text.manner === 'emote') return { ...text, manner: 'plain', text: emoteLine(speaker, text) };
  return { ...text, text: `${speaker}: ${text.text}` };
}
