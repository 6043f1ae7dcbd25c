import type { Capabilities } from '../capabilities.ts';
import type { Payload } from '../envelope.ts';
import { inMarks } from '../text/marks.ts';
import { marking } from '../text/words.ts';
import { asItIs, type Step, textIn, withText } from './step.ts';

/** What cannot be shown of the formatting is said in the marks of plain text. */
export function formattingStep(payload: Payload, { features, styles, styledOctets }: Capabilities): Step {
  const text = textIn(payload);
  const level = features.formatting;
  if (text?.spans === undefined || level === 'rejected') return text?.spans === undefined ? asItIs(payload) : { payload, level };
  if (level === 'dropped') {
    // Without its mark a quote would be what the speaker says himself.
    const quoted = inMarks(text, (style) => style === 'quote');
    return { payload: withText(payload, marking(quoted, [], quoted.mentions)), level };
  }
  const left = styles === undefined ? text : inMarks(text, (style) => !styles.includes(style));
  // Marks make a text longer.
  const isTooLong = Buffer.byteLength(left.text) > (styledOctets ?? Number.POSITIVE_INFINITY);
  if (level === 'fallback' || isTooLong) return { payload: withText(payload, inMarks(text)), level: 'fallback' };
  if (left === text) return { payload, level };
  return { payload: withText(payload, left), level: left.spans === undefined ? 'fallback' : 'partial' };
}

/** Without them the name is still in the text, but nobody is called. */
export function mentionsStep(payload: Payload, { features: { mentions: level } }: Capabilities): Step {
  const text = textIn(payload);
  if (text?.mentions === undefined) return asItIs(payload);
  if (level === 'full' || level === 'partial' || level === 'rejected') return { payload, level };
  return { payload: withText(payload, marking(text, text.spans)), level };
}
