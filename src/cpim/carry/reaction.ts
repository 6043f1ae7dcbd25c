import type { Reaction } from '../envelope.ts';
import type { Message } from '../message/message.ts';
import { mimeValue } from '../message/mime.ts';

/**
 * A reaction as a stranger writes it (RFC 9078): a part with that disposition, which names the message it is about and holds a line of
 * emoji. Undefined if it is none; without an emoji at all it is the text that it was.
 */
export function strangersReaction({ mime }: Message, line: string | undefined): Reaction | undefined {
  const disposition = mimeValue(mime, 'Content-Disposition') ?? '';
  if (line === undefined || !/^reaction[ \t]*(?:;|$)/i.test(disposition)) return undefined;
  const [, about] = /^<([^<>]+)>$/.exec(mimeValue(mime, 'In-Reply-To') ?? '') ?? [];
  // Once each: nobody reacts twice in the same way.
  const emoji = [...new Set(line.split(/[ \t\n]+/).filter(isEmoji))];
  if (about === undefined || emoji.length === 0) return undefined;
  return { kind: 'reaction', target: { id: { kind: 'message-id', value: about, strong: false } }, mode: 'add', emoji };
}

/** §2: what Unicode recommends for interchange, also where the sign that asks for the picture is left out. */
function isEmoji(word: string): boolean {
  return single.test(word) || single.test(`${word}\ufe0f`);
}

const single = /^\p{RGI_Emoji}$/v;
