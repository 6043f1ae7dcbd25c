import type { Capabilities } from '../capabilities.ts';
import type { Payload, Text } from '../envelope.ts';
import { asItIs, type Step, textIn, withText } from './step.ts';

/**
 * What becomes of the translations of a text. They go on only beside the author's own words: a name, a quote or a mark of ours
 * would stand in one language alone. A tag without translations is no feature: the text is all there without it.
 */
export function languagesStep(payload: Payload, own: Payload, { features, textOctets }: Capabilities): Step {
  const text = textIn(payload);
  if (text?.translations === undefined) return asItIs(payload);
  const level = features.languages;
  if (level === 'rejected') return { payload, level };
  const isOwn = text.text === textIn(own)?.text;
  const goesOn = (level === 'full' || level === 'partial') && isOwn && octets(text) <= (textOctets ?? Number.POSITIVE_INFINITY);
  if (goesOn) return { payload, level };
  const { translations: _, ...alone } = text;
  return { payload: withText(payload, alone), level: 'dropped' };
}

function octets({ text, translations = [] }: Text): number {
  return translations.reduce((sum, one) => sum + Buffer.byteLength(one.text), Buffer.byteLength(text));
}
