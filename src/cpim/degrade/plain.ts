import type { Envelope } from '../envelope.ts';
import { invitationLine, known, mediaLine, membershipLine, opaqueLine, reactionLine, retractionLine } from './phrases.ts';

/** The readable text of an envelope, for quotes, excerpts and readers that know nothing better. May have several lines. */
export function plain({ payload, from }: Envelope): string {
  switch (payload.kind) {
    case 'text':
    case 'notice':
      return payload.text;
    case 'edit':
      return payload.text.text;
    case 'retraction':
      return retractionLine(payload, known(payload.target, undefined));
    case 'reaction':
      return reactionLine(payload, known(payload.target, undefined)) ?? '(removed a reaction)';
    case 'media':
      return mediaLine(payload);
    case 'membership':
      return membershipLine(payload, from);
    case 'invitation':
      return invitationLine(payload);
    case 'opaque':
      return opaqueLine(payload);
  }
}
