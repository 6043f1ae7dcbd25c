import type { Capabilities } from '../../cpim/capabilities.ts';
import type { Feature, Level, Style } from '../../cpim/envelope.ts';

const features: Readonly<Record<Feature, Level>> = {
  text: 'full',
  emote: 'full',
  automated: 'partial',
  media: 'fallback',
  edit: 'fallback',
  retraction: 'fallback',
  reaction: 'fallback',
  reply: 'fallback',
  thread: 'dropped',
  membership: 'full',
  rename: 'full',
  invitation: 'fallback',
  notice: 'full',
  opaque: 'fallback',
  identity: 'full',
  length: 'fallback',
  languages: 'full',
  formatting: 'full',
  mentions: 'fallback',
};

/** XEP-0393 has marks for these. */
const styles: readonly Style[] = ['strong', 'emphasis', 'strike', 'code', 'block', 'quote'];

/** A stream is first in, first out: many lines may be open without losing their order. */
export const fullWindow = 64;

/** What a MUC can carry of what we can say today. `archive` and `window` are facts of the room. */
export function capabilitiesOf(room: { readonly archive: boolean; readonly window: number }): Capabilities {
  // Well below the usual limit of 256 KiB a stanza, with room for escapes (`&` becomes five octets).
  return { features, styles, textOctets: 60_000, window: room.window, proof: 'accepted', archive: room.archive };
}

/** What one person can be told. Nobody shows us what has arrived. */
export const directCapabilities: Capabilities = { ...capabilitiesOf({ archive: false, window: fullWindow }), proof: 'written' };
