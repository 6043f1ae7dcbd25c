import type { Translation } from '../../../cpim/envelope.ts';
import type { El } from '../wire/wire.ts';

/** A text that a stanza may have once for each language. */
export interface Words {
  readonly text: string;
  /** A BCP 47 tag: its own, or that of the stanza (RFC 6120 §8.1.5). */
  readonly lang?: string;
}

/** Children of the stanza's own namespace; others of the same name are somebody else's. */
export function wordsOf(stanza: El, name: string): Words[] {
  const ns = stanza.getNS();
  return stanza
    .getChildren(name)
    .filter((child) => child.getNS() === ns)
    .map((child) => wordsIn(child, stanza));
}

/** RFC 6121 §5.2.3: there may be one body for each language; the one without a tag is the author's own. */
export function bodyOf(stanza: El): Words {
  const ns = stanza.getNS();
  const bodies = stanza.getChildren('body').filter((child) => child.getNS() === ns);
  const body = bodies.find((child) => child.attrs['xml:lang'] === undefined) ?? bodies[0];
  return body ? wordsIn(body, stanza) : { text: '' };
}

const mostTranslations = 10;

/** What else the author said the same in; each language once. */
export function translationsOf(stanza: El, body: Words): Translation[] {
  const others = new Map<string, string>();
  if (stanza.getChildren('body').length < 2) return [];
  for (const { text, lang } of wordsOf(stanza, 'body')) {
    const isOther = lang !== undefined && (lang !== body.lang || text !== body.text) && text.trim() !== '';
    if (isOther && !others.has(lang) && others.size < mostTranslations) others.set(lang, text);
  }
  return [...others].map(([lang, text]) => ({ lang, text }));
}

function wordsIn(child: El, stanza: El): Words {
  const lang = child.attrs['xml:lang'] ?? stanza.attrs['xml:lang'] ?? '';
  // Whatever is no tag could not be told to anybody else.
  const isTag = lang.length <= 35 && /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(lang);
  return { text: child.getText(), ...(isTag && { lang }) };
}
