import type { Capabilities } from '../../cpim/capabilities.ts';

/** What a MESSAGE request outside a session can carry (RFC 3428, RFC 7572): a line of text and its language. */
export const capabilities: Capabilities = {
  features: {
    text: 'full',
    emote: 'fallback',
    automated: 'dropped',
    media: 'fallback',
    edit: 'fallback',
    retraction: 'fallback',
    reaction: 'fallback',
    reply: 'fallback',
    thread: 'dropped',
    membership: 'fallback',
    rename: 'fallback',
    invitation: 'fallback',
    notice: 'fallback',
    opaque: 'fallback',
    identity: 'full',
    // RFC 3428 §8: what is longer needs a session.
    length: 'rejected',
    languages: 'dropped',
    formatting: 'fallback',
    mentions: 'fallback',
  },
  // Of 1300 octets a request, the headers take the rest.
  textOctets: 900,
  window: 1,
  proof: 'accepted',
  archive: false,
};
