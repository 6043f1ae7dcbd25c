import type { Party } from '../../../cpim/envelope.ts';
import { imUri } from '../../../cpim/uri.ts';
import type { Sender } from '../../network.ts';
import { split } from '../jid.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import { type Facts, uriOf } from './facts.ts';

/** `room@service/nick`; the nick is undefined for the room itself. */
export function placeOf(from: string | undefined): { room: string; nick?: string } {
  const text = from ?? '';
  const slash = text.indexOf('/');
  return slash < 0 ? { room: text } : { room: text.slice(0, slash), nick: text.slice(slash + 1) };
}

/**
 * Who an occupant is. A real address only where every occupant sees it (XEP-0045 §4.2): that we see it because we are a
 * moderator must not make it public. `occupant-id` only if the room announces XEP-0421, else anybody could have written it.
 */
export function senderOf(facts: Facts, nick: string, stanza: El): Sender {
  const real = facts.nonAnonymous ? realOf(stanza) : undefined;
  if (real !== undefined) {
    const jid = split(real);
    const uri = imUri(jid?.local ?? '', jid?.domain ?? real);
    return { key: `jid:${real}`, weak: false, name: nick, address: { uri, native: real } };
  }
  const id = facts.occupantIds ? occupantId(stanza) : undefined;
  if (id !== undefined) return { key: `occ:${facts.jid}|${id}`, weak: false, name: nick };
  return { key: `nick:${facts.jid}|${nick}`, weak: true, name: nick };
}

/** The room itself, where it speaks. */
export function roomSender(facts: Pick<Facts, 'jid' | 'name'>): Sender {
  const address = { uri: uriOf(facts.jid), native: facts.jid };
  return { key: `room:${facts.jid}`, weak: false, name: facts.name ?? facts.jid, address };
}

/** The party of a sender: his own address, or his place in the room (a room's localpart never holds a slash). */
export function senderParty(facts: Facts, sender: Sender): Party {
  if (sender.address) return { uri: sender.address.uri, name: sender.name };
  const room = split(facts.jid);
  return { uri: imUri(`${room?.local ?? ''}/${sender.name}`, room?.domain ?? ''), name: sender.name };
}

function realOf(stanza: El): string | undefined {
  // A message may hold several muc#user items only if somebody forged one: the room's own broadcast has none or one.
  const items = stanza.getChildren('x', ns.mucUser).flatMap((x) => x.getChildren('item'));
  const jid = items.length === 1 ? items[0]?.attrs.jid : undefined;
  return jid?.split('/')[0] || undefined;
}

function occupantId(stanza: El): string | undefined {
  const ids = stanza.getChildren('occupant-id', ns.occupantId);
  const id = ids.length === 1 ? ids[0]?.attrs.id : undefined;
  return id === '' ? undefined : id?.slice(0, 200);
}
