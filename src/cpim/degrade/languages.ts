import type { Capabilities } from '../capabilities.ts';
import type { Level, Payload, Text } from '../envelope.ts';

/**
 * What becomes of the translations of a text. They go on only beside the author's own words: a name, a quote or a mark of ours
 * would stand in one language alone. A tag without translations is no feature: the text is all there without it.
 */
export function languagesOf(payload: Payload, own: Payload, { features, textOctets }: Capabilities): Exclude<Level, 'fallback'> {
  const text = textIn(payload);
  if (text?.translations === undefined) return 'full';
  const level = features.languages;
  if (level === 'rejected') return level;
  const isOwn = text.text === textIn(own)?.text;
  const goesOn = (level === 'full' || level === 'partial') && isOwn && octets(text) <= (textOctets ?? Number.POSITIVE_INFINITY);
  return goesOn ? level : 'dropped';
}

export function inOneLanguage(payload: Payload): Payload {
  const text = textIn(payload);
  if (text === undefined) return payload;
  const { translations: _, ...alone } = text;
  return payload.kind === 'edit' ? { ...payload, text: alone } : alone;
}

function textIn(payload: Payload): Text | undefined {
  if (payload.kind === 'edit') return payload.text;
  return payload.kind === 'text' ? payload : undefined;
}

function octets({ text, translations = [] }: Text): number {
  return translations.reduce((sum, one) => sum + Buffer.byteLength(one.text), Buffer.byteLength(text));
}
