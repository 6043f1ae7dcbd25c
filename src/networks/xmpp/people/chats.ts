import { randomUUID } from 'node:crypto';
import type { Envelope, Id, Payload, Target } from '../../../cpim/envelope.ts';
import { reason } from '../../../cpim/reasons.ts';
import { imUri } from '../../../cpim/uri.ts';
import type { Endpoint, Host, Inbound, Meeting, Pair, Sender } from '../../network.ts';
import { answerOf, errorStanza } from '../errors.ts';
import { type Said, said } from '../features/table.ts';
import { traceOf } from '../hop.ts';
import { parseGhostLocal } from '../ids.ts';
import type { Inbox } from '../inbox.ts';
import { split } from '../jid.ts';
import { ns } from '../ns.ts';
import { Nap } from '../wire/nap.ts';
import type { El, Wire } from '../wire/wire.ts';

export interface ChatsIn {
  readonly host: Host;
  readonly wire: Pick<Wire, 'send'>;
  readonly inbox: Inbox;
  /** Ours. */
  readonly domain: string;
}

const longestId = 512;
/** Lines of one chat that wait for their room: more would be somebody who floods it. */
const mostWaiting = 100;
/** Chats that wait for their room, for the same reason. */
const mostOpenings = 1000;
const longestPauseMs = 10_000;
const devicesKept = 10_000;

/** Lines of one chat in the order of the stream, while nobody knows its room. */
interface Opening {
  readonly waiting: El[];
}

/** What people say to one of our ghosts alone. */
export class Chats {
  private readonly places = new Map<string, Endpoint>();
  private readonly openings = new Map<string, Opening>();
  /** By bare address: the client that somebody last wrote with. */
  private readonly devices = new Map<string, string>();
  private readonly nap = new Nap();
  private stopped = false;

  constructor(private readonly part: ChatsIn) {}

  /** Who stands behind a ghost's address. Undefined: it is no ghost's. */
  place(pair: Pair): Meeting['other'] | undefined {
    const ghost = split(pair.ghost);
    const name = ghost?.domain === this.part.domain ? parseGhostLocal(ghost.local ?? '') : undefined;
    return name && 'handle' in name ? { network: name.network, native: name.handle } : undefined;
  }

  attach(at: Endpoint): void {
    this.places.set(at.address.native, at);
  }

  detach(at: Endpoint): void {
    this.places.delete(at.address.native);
  }

  /** Where an error has to go that concerns what this person has said: his client. Undefined: he has not said anything lately. */
  deviceOf(peer: string): string | undefined {
    return this.devices.get(peer);
  }

  stop(): void {
    this.stopped = true;
    this.nap.wake();
  }

  /** A message of a person to a ghost. False: it is no ghost's address. */
  message(el: El): boolean {
    const pair = pairOf(el);
    const other = pair && this.place(pair);
    if (!pair || !other) return false;
    // A receipt, somebody who types: it is not said, and nobody waits for an answer.
    if (!said(el)) return true;
    this.remember(pair.peer, el.attrs.from ?? '');
    const native = nativeOf(pair);
    const opening = this.openings.get(native);
    const at = this.places.get(native);
    if (!opening && at) this.take(at, el);
    else if (!opening && this.openings.size >= mostOpenings) this.refuse(el, reason('overload', 'too many new chats at once'));
    else if (!opening) void this.open({ address: addressOf(pair), pair, peer: senderOf(pair.peer, el), other }, el);
    else if (opening.waiting.length < mostWaiting) opening.waiting.push(el);
    else this.refuse(el, reason('overload', 'too many messages at once'));
    return true;
  }

  /** Finds or makes the room of the two, and puts there what was said meanwhile. */
  private async open(meeting: Meeting, first: El): Promise<void> {
    const { native } = meeting.address;
    const opening = { waiting: [first] };
    this.openings.set(native, opening);
    const met = await this.meet(meeting);
    this.openings.delete(native);
    if (met === undefined) return;
    if ('code' in met) {
      for (const el of opening.waiting) this.refuse(el, met);
      return;
    }
    this.attach(met);
    for (const el of opening.waiting) this.take(met, el);
  }

  /** As often as it takes; undefined: we stop. */
  private async meet(meeting: Meeting): Promise<Awaited<ReturnType<Host['meet']>> | undefined> {
    for (let pause = 200; !this.stopped; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        return await this.part.host.meet(meeting);
      } catch (error) {
        this.part.host.log.warn('a direct chat could not be found or made, trying again', { error: String(error) });
        await this.nap.sleep(pause);
      }
    }
    return undefined;
  }

  private take(at: Endpoint, el: El): void {
    this.part.inbox.push(inboundOf(at, el));
  }

  private refuse(el: El, why: Parameters<typeof answerOf>[0]): void {
    const answer = errorStanza(el, answerOf(why));
    if (answer) this.part.wire.send(answer);
  }

  private remember(peer: string, from: string): void {
    this.devices.delete(peer);
    this.devices.set(peer, from);
    const oldest = this.devices.size > devicesKept ? this.devices.keys().next().value : undefined;
    if (oldest !== undefined) this.devices.delete(oldest);
  }
}

/** The place where the two talk: their addresses, apart by a space, which no bare address holds. */
export function addressOf(pair: Pair): Meeting['address'] {
  const peer = split(pair.peer);
  return { uri: imUri(peer?.local ?? '', peer?.domain ?? pair.peer), native: nativeOf(pair) };
}

const nativeOf = ({ peer, ghost }: Pair): string => `${peer} ${ghost}`;
const bareOf = (jid: string): string => jid.split('/')[0] ?? jid;

function pairOf({ attrs: { from, to } }: El): Pair | undefined {
  return from && to ? { peer: bareOf(from), ghost: bareOf(to) } : undefined;
}

function senderOf(peer: string, el: El): Sender {
  const { uri } = addressOf({ peer, ghost: '' });
  // XEP-0172 §4.2: with the first message, so that somebody who is not in the roster has a name.
  const nick = el.getChildText('nick', 'http://jabber.org/protocol/nick')?.trim().slice(0, 100);
  return { key: `jid:${peer}`, weak: false, name: nick || (split(peer)?.local ?? peer), address: { uri, native: peer } };
}

function inboundOf(at: Endpoint, el: El): Inbound {
  try {
    const spoken = said(el);
    if (!spoken) throw new Error('it says nothing');
    const from = senderOf(at.settings.direct?.peer ?? '', el);
    const { payload, reply } = byClientsIds(spoken);
    const envelope: Envelope = {
      id: randomUUID(),
      from: { uri: from.address?.uri ?? '', name: from.name },
      to: { uri: at.address.uri },
      time: new Date().toISOString(),
      payload,
      ...(reply && { reply }),
      trace: traceOf(el),
      extensions: [],
      degradations: [],
    };
    return { kind: 'event', at, ids: idsOf(el), from, envelope };
  } catch (error) {
    return { kind: 'malformed', at, why: String(error), octets: el.toString() };
  }
}

/** XEP-0359 §3: only ids of the client; what stands there as `stanza-id` was given for somebody else's archive. */
function idsOf(el: El): Id[] {
  const origin = el.getChild('origin-id', ns.sid)?.attrs.id;
  const ids = [
    { kind: 'message-id', value: el.attrs.id },
    { kind: 'origin-id', value: origin === el.attrs.id ? undefined : origin },
  ];
  return ids.flatMap(({ kind, value }) => (value && value.length <= longestId ? [{ kind, value, strong: false }] : []));
}

/** XEP-0424 §5, 0444 §4.1, 0461 §3.1: outside of a MUC a message is named by the id that its client gave. */
function byClientsIds({ payload, reply }: Said): { readonly payload: Payload; readonly reply?: Target } {
  const named = (target: Target): Target => ({ ...target, id: { kind: 'message-id', value: target.id.value, strong: false } });
  return {
    payload: 'target' in payload ? { ...payload, target: named(payload.target) } : payload,
    ...(reply && { reply: named(reply) }),
  };
}
