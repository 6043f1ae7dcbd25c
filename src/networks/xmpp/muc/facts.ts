import xml from '@xmpp/xml';
import type { Party } from '../../../cpim/envelope.ts';
import { imUri } from '../../../cpim/uri.ts';
import type { Endpoint, Host } from '../../network.ts';
import { kept } from '../few.ts';
import type { Inbox } from '../inbox.ts';
import { split } from '../jid.ts';
import { ns } from '../ns.ts';
import type { El, Wire } from '../wire/wire.ts';

/** What one attached MUC stands on. */
export interface RoomIn {
  readonly at: Endpoint;
  readonly jid: string;
  readonly host: Host;
  readonly wire: Pick<Wire, 'send' | 'iq'>;
  readonly inbox: Inbox;
  /** The listener's full JID. */
  readonly listener: string;
}

/** What a room says of itself (XEP-0045 §6.4, §15.5). */
export interface Facts {
  readonly jid: string;
  readonly name?: string;
  readonly isRoom: boolean;
  readonly nonAnonymous: boolean;
  readonly archive: boolean;
  readonly occupantIds: boolean;
  readonly membersOnly: boolean;
  readonly moderated: boolean;
  readonly temporary: boolean;
}

/** Of a room that has not been asked yet. */
export function noFacts(jid: string): Facts {
  return {
    jid,
    isRoom: true,
    nonAnonymous: false,
    archive: false,
    occupantIds: false,
    membersOnly: false,
    moderated: false,
    temporary: false,
  };
}

export function factsOf(jid: string, query: El): Facts {
  const vars = new Set(query.getChildren('feature').map((one) => one.attrs.var));
  const identity = query.getChildren('identity').find((one) => one.attrs.category === 'conference');
  const form = query.getChildren('x', ns.xdata).flatMap((x) => x.getChildren('field'));
  const configured = form.find((field) => field.attrs.var === 'muc#roomconfig_roomname')?.getChildText('value');
  const name = (configured || identity?.attrs.name)?.trim();
  return {
    jid,
    ...(name ? { name: kept(name) } : {}),
    isRoom: vars.has(ns.muc),
    nonAnonymous: vars.has('muc_nonanonymous'),
    archive: vars.has(ns.mam),
    occupantIds: vars.has(ns.occupantId),
    membersOnly: vars.has('muc_membersonly'),
    moderated: vars.has('muc_moderated'),
    temporary: vars.has('muc_temporary'),
  };
}

/** Rejects with an IqError. */
export async function askFacts(wire: Pick<Wire, 'iq'>, from: string, jid: string): Promise<Facts> {
  const answer = await wire.iq(xml('iq', { type: 'get', from, to: jid }, xml('query', { xmlns: ns.discoInfo })), 20_000);
  return factsOf(jid, answer.getChild('query', ns.discoInfo) ?? xml('query', { xmlns: ns.discoInfo }));
}

export function uriOf(jid: string): string {
  const parts = split(jid);
  return imUri(parts?.local ?? '', parts?.domain ?? jid);
}

export function partyOf(facts: Pick<Facts, 'jid' | 'name'>): Party {
  return { uri: uriOf(facts.jid), ...(facts.name === undefined ? {} : { name: facts.name }) };
}

/** What the people who make a link should know of the room. */
export function warnings(facts: Facts): string[] {
  const found: string[] = [];
  if (!facts.archive) found.push('the room has no archive: lines said while Rialto is away may be lost, and some may come twice');
  if (facts.temporary) found.push('the room is not persistent: it is gone when its last occupant leaves');
  if (facts.moderated) found.push('the room is moderated: who has no voice there is relayed by the listener');
  if (facts.membersOnly) found.push('the room is for members only: who is not let in is relayed by the listener');
  if (!facts.nonAnonymous && !facts.occupantIds) found.push('the room tells people apart only by their nicks');
  return found;
}
