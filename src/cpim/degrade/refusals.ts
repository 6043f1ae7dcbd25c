import type { Feature, Payload } from '../envelope.ts';
import { type Reason, reason } from '../reasons.ts';

const refusals: Readonly<Record<Feature, Reason>> = {
  text: reason('unsupported', 'this place takes no messages'),
  emote: reason('unsupported', 'this place takes no emotes'),
  automated: reason('unsupported', 'this place takes no messages of software'),
  media: reason('unsupported-type', 'this place takes no media'),
  edit: reason('unsupported', 'this place takes no edits'),
  retraction: reason('unsupported', 'nothing can be removed in this place'),
  reaction: reason('unsupported', 'this place takes no reactions'),
  reply: reason('unsupported', 'this place takes no replies'),
  thread: reason('unsupported', 'this place has no threads'),
  membership: reason('unsupported', 'this place is not told who comes and goes'),
  rename: reason('unsupported', 'names do not change in this place'),
  invitation: reason('unsupported', 'this place takes no invitations'),
  notice: reason('unsupported', 'this place takes no notices'),
  opaque: reason('unsupported-type', 'this place takes no messages of this kind'),
  identity: reason('forbidden', 'messages are not relayed to this place'),
  length: reason('too-large', 'the message is too long for this place'),
  formatting: reason('unsupported', 'this place takes no formatted text'),
  mentions: reason('unsupported', 'nobody can be mentioned in this place'),
  languages: reason('unsupported', 'this place takes a message in one language'),
};
const encrypted = reason('encrypted', 'this place takes no encrypted messages');

/** What the sender is told when a place rejects a feature of his message. */
export function refusal(feature: Feature, payload: Payload): Reason {
  return feature === 'opaque' && payload.kind === 'opaque' && payload.sort === 'encrypted' ? encrypted : refusals[feature];
}
