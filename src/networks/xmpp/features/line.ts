import type { Payload, Target, Text, Translation } from '../../../cpim/envelope.ts';
import { bodyOf } from '../cpim/words.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import { mentionsOf } from './mentions.ts';
import { styled } from './styling.ts';

/** One groupchat stanza, before anybody knows what it says. */
export interface Line {
  readonly el: El;
  /** Without the quote that only stands in for a reply; '' if there is no body. */
  readonly body: string;
  readonly lang?: string;
  /** Other bodies of the stanza (RFC 6121 §5.2.3). */
  readonly translations?: readonly Translation[];
}

/** What a child element makes of the line; undefined: nothing, somebody else may try. */
export type Feature = (child: El, line: Line) => Payload | undefined;

/** XEP-0359: the id that the room gave. XEP-0424, 0444 and 0461 name messages of a MUC by it. */
export function byStanzaId(value: string, more?: { author?: string; excerpt?: string }): Target {
  return { id: { kind: 'stanza-id', value, strong: true }, ...more };
}

const emote = '/me ';

export function textOf({ el, body, lang, translations }: Line): Text {
  const manner = body.startsWith(emote) ? 'emote' : 'plain';
  const said = (text: string): string => (manner === 'emote' && text.startsWith(emote) ? text.slice(emote.length) : text);
  const own = said(body);
  const words = el.getChild('unstyled', ns.styling) ? { text: own } : styled(own);
  const mentions = mentionsOf(el, bodyOf(el).text, words.text);
  return {
    kind: 'text',
    manner,
    ...words,
    ...(mentions.length > 0 && { mentions }),
    ...(lang === undefined ? {} : { lang }),
    ...(translations && { translations: translations.map((one) => ({ ...one, text: said(one.text) })) }),
  };
}
