import type { Capabilities } from '../../cpim/capabilities.ts';

/** What a room can carry of what we can say today. */
export const capabilities: Capabilities = {
  features: {
    text: 'full',
    emote: 'full',
    automated: 'full',
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
    languages: 'dropped',
    formatting: 'full',
    mentions: 'fallback',
  },
  // Client-Server API, "Size limits": 65,536 octets an event, escapes and all that stands around the text included.
  textOctets: 30_000,
  // Beside the text, which is there once more with its tags and escapes.
  styledOctets: 8000,
  // Concurrent sends to one room have no order.
  window: 1,
  proof: 'accepted',
  archive: true,
};
