import xml from '@xmpp/xml';
import type { Ref, Status } from '../../network.ts';
import type { Room } from '../muc/room.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';

const words: Readonly<Record<Status['kind'], string>> = {
  delayed: 'Your message has not reached',
  refused: 'Your message could not be brought to',
  relayed: 'Your messages are shown by the bridge, not under your own name, in',
};

/**
 * A private message of the listener to whoever said something (XEP-0045 §7.5). Undefined if he is not here now: somebody else
 * may have his nick.
 */
export function whisper(room: Room, listener: string, to: Ref, status: Status): El | undefined {
  const nick = to.author && room.occupants.nickOf(to.author.key);
  if (nick === undefined || room.state !== 'in') return undefined;
  const message = messageTo(listener, `${room.part.jid}/${nick}`, status);
  message.append(xml('x', { xmlns: ns.mucUser }));
  return message;
}

/** What became of somebody's line, in words, to him alone. */
export function messageTo(from: string, to: string, status: Status): El {
  const why = status.why.text ?? status.why.code.replaceAll('-', ' ');
  const text = `${words[status.kind]} ${status.where}${status.kind === 'delayed' ? ' yet' : ''}: ${why}`;
  return xml('message', { type: 'chat', from, to }, xml('body', {}, text));
}
