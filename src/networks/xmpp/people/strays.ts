import xml from '@xmpp/xml';
import { reason } from '../../../cpim/reasons.ts';
import { answerOf, errorStanza } from '../errors.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';

const inRoomOnly = reason(
  'unsupported',
  'Private messages of a room are not carried by this bridge yet; please write in the room',
);
const nobody = reason('unknown-target', 'There is nobody at this address of the bridge');

/** The answer to a message or presence that belongs to no attached room and no ghost; undefined: silence. */
export function strayAnswer(el: El): El | undefined {
  const { type, from, to } = el.attrs;
  // RFC 6120 §8.3.1: an error is never answered.
  if (type === 'error' || from === undefined || to === undefined) return undefined;
  if (el.name === 'message') {
    // RFC 6121 §5.2.2: nobody waits for an answer to a headline; and what has no body was not said.
    if (type === 'headline' || type === 'groupchat' || !el.getChild('body')) return undefined;
    return errorStanza(el, answerOf(isPrivate(el) ? inRoomOnly : nobody));
  }
  // RFC 6121 §3.1.3 and §4.3.2: a ghost has no roster yet, and nobody is left without an answer.
  if (el.name !== 'presence' || (type !== 'subscribe' && type !== 'probe')) return undefined;
  const bare = (jid: string): string => jid.split('/')[0] ?? jid;
  return xml('presence', { type: 'unsubscribed', from: bare(to), to: bare(from) });
}

/** XEP-0045 §7.5: said by an occupant of a room, to another one. */
export function isPrivate(el: El): boolean {
  return el.getChild('x', ns.mucUser) !== undefined;
}
