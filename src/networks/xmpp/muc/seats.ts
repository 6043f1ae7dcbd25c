import xml from '@xmpp/xml';
import { type Reason, reason } from '../../../cpim/reasons.ts';
import type { Endpoint, Ghost, Scope } from '../../network.ts';
import { IqError, joinReason, passing, type StanzaError } from '../errors.ts';
import { Few, kept } from '../few.ts';
import { nickFor, parseGhostLocal, withSuffix } from '../ids.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import type { Door, Entered } from './door.ts';
import type { RoomIn } from './facts.ts';
import { codesOf, itemOf } from './occupants.ts';
import { placeOf } from './sender.ts';

interface Place {
  /** Of the ghost. */
  readonly id: number;
  readonly native: string;
  readonly nick: string;
  /** The display name that the nick was made from, as far as we know. */
  name: string | undefined;
  /** `maybe`: from the book or from before a reconnect; the room may have removed it. */
  state: 'in' | 'maybe' | 'out';
  role: string;
}

export type Seated =
  | { readonly kind: 'seated'; readonly jid: string; readonly nick: string }
  | { readonly kind: 'refused'; readonly why: Reason }
  | { readonly kind: 'retry'; readonly why: Reason; readonly scope: Scope; readonly afterMs?: number };

export interface SeatsIn {
  readonly at: Endpoint;
  readonly part: Pick<RoomIn, 'jid' | 'wire' | 'host'>;
  readonly door: Door;
  /** A nick that somebody else has now. */
  taken(nick: string): boolean;
  /** A stored nick that turned out to be somebody else's. */
  stranger(nick: string): void;
}

// One resource for each ghost: a join again is then the same session (XEP-0045 §7.2.8), never a second one.
const resource = 'rialto';
const nickTries = 12;
const joinMs = 20_000;

const jidOf = (native: string): string => `${native}/${resource}`;

/** The ghosts of one room: who sits there under which nick. */
export class Seats {
  /** By the ghost's bare JID, and by nick: a nick stays the ghost's own while it is out. */
  private readonly places = new Few<string, Place>();
  private readonly byNick = new Few<string, Place>();
  private readonly former = new Few<string, true>();

  constructor(private readonly room: SeatsIn) {}

  async load(): Promise<void> {
    for (const { ghost, nick } of await this.room.part.host.seats.of(this.room.at)) {
      const { native } = ghost.address;
      if (!this.places.has(native)) this.seatAt({ id: ghost.id, native, nick, name: undefined, state: 'maybe', role: '' });
    }
  }

  /** Ours beyond doubt, perhaps ours, or somebody else's. */
  owns(nick: string): 'yes' | 'maybe' | 'no' {
    const place = this.byNick.get(nick);
    if (place && place.state !== 'out') return place.state === 'in' ? 'yes' : 'maybe';
    return this.room.door.expects(nick) ? 'maybe' : 'no';
  }

  /** For lines of the past: a nick that a ghost of ours has or had. */
  owned(nick: string): boolean {
    return this.former.has(nick) || this.byNick.has(nick);
  }

  /** After the stream was gone, nobody knows. */
  doubt(): void {
    for (const place of this.places.values()) if (place.state === 'in') place.state = 'maybe';
  }

  /** The ghost's seat, taken now if it has none. */
  async take(ghost: Ghost, deadline: number): Promise<Seated> {
    const place = this.places.get(ghost.address.native);
    if (place?.state === 'in' && (place.name === ghost.name || fits(place.nick, ghost))) return this.seated(place);
    const last = await this.tryNicks(ghost, place, Math.min(Date.now() + joinMs, deadline));
    if (last.kind === 'in') return this.sit(ghost, last);
    if (last.kind === 'down') return { kind: 'retry', why: reason('unreachable', 'the link is down'), scope: 'network' };
    // A ghost that only wanted a new name still has its old one.
    if (place?.state !== 'in') return refusal(last.error);
    place.name = ghost.name;
    return this.seated(place);
  }

  /** The ghost goes and is forgotten. False if the link is down. */
  async leave(ghost: Ghost): Promise<boolean> {
    const place = this.places.get(ghost.address.native);
    if (place && place.state !== 'out' && !this.unavailable(place)) return false;
    if (place) this.forget(place);
    await this.room.part.host.seats.drop(this.room.at, ghost);
    return true;
  }

  async leaveAll(): Promise<void> {
    for (const place of [...this.places.values()]) {
      if (place.state !== 'out') this.unavailable(place);
      await this.room.part.host.seats.drop(this.room.at, place);
    }
    this.places.clear();
    this.byNick.clear();
  }

  /** A bounce said that the ghost is not there (any more). */
  expelled(ghost: Ghost): void {
    const place = this.places.get(ghost.address.native);
    if (place) place.state = 'out';
  }

  sitting(ghost: Ghost): boolean {
    return this.places.get(ghost.address.native)?.state === 'in';
  }

  /** Each presence of this room to a ghost: what the room did to it. */
  async presence(el: El): Promise<void> {
    const place = this.places.get(placeOf(el.attrs.to).room);
    const nick = placeOf(el.attrs.from).nick;
    if (!place || nick === undefined || nick !== place.nick) return;
    const codes = codesOf(el);
    if (el.attrs.type === undefined && codes.has('110')) place.role = itemOf(el)?.attrs.role ?? place.role;
    if (el.attrs.type !== 'unavailable' || codes.has('303')) return;
    place.state = 'out';
    if (!codes.has('301')) return;
    this.forget(place);
    await this.room.part.host.seats.drop(this.room.at, place);
  }

  /** XEP-0410 for each stored seat whose nick is in the room: is it the ghost's, or has somebody else taken it meanwhile? */
  async verify(present: (nick: string) => boolean): Promise<void> {
    const doubtful = [...this.places.values()].filter((place) => place.state === 'maybe' && present(place.nick));
    const workers = Array.from({ length: 4 }, async () => {
      for (let place = doubtful.shift(); place; place = doubtful.shift()) await this.ping(place);
    });
    await Promise.all(workers);
    for (const place of this.places.values()) if (place.state === 'maybe' && !present(place.nick)) place.state = 'out';
  }

  private async ping(place: Place): Promise<void> {
    const { nick } = place;
    try {
      const to = `${this.room.part.jid}/${nick}`;
      await this.room.part.wire.iq(
        xml('iq', { type: 'get', from: jidOf(place.native), to }, xml('ping', { xmlns: ns.ping })),
        20_000,
      );
      if (place.state === 'maybe' && place.nick === nick) place.state = 'in';
    } catch (error) {
      // XEP-0410 §3.2: anything but this says nothing; the next join will tell.
      if (!(error instanceof IqError) || error.condition !== 'not-acceptable') return;
      if (place.state !== 'maybe') return;
      place.state = 'out';
      this.room.stranger(nick);
    }
  }

  private async tryNicks(ghost: Ghost, place: Place | undefined, until: number): Promise<Entered> {
    let last: Entered = { kind: 'error', error: { condition: 'conflict', type: 'cancel', text: 'no free nick' } };
    for (const base of basesOf(ghost)) {
      for (const nick of this.candidates(base, ghost, place?.nick)) {
        last = await this.room.door.enter({
          as: jidOf(ghost.address.native),
          nick,
          history: { maxstanzas: '0' },
          ms: Math.max(until - Date.now(), 1),
        });
        if (last.kind !== 'error') return last;
        const { condition } = last.error;
        if (condition === 'conflict') this.room.stranger(nick);
        // COMPAT(ejabberd): a nick that it takes for no resource is a `bad-request`.
        if (condition === 'jid-malformed' || condition === 'bad-request') break;
        if (condition !== 'conflict' && condition !== 'not-acceptable') return last;
      }
    }
    return last;
  }

  /** The nick it had, if it is one for this name; then the name, and with a suffix where somebody else has it. */
  private *candidates(base: string, ghost: Ghost, mine: string | undefined): Generator<string> {
    if (mine !== undefined && madeFrom(base, mine)) yield mine;
    for (let n = 1; n <= nickTries; n += 1) {
      const nick = n === 1 ? base : withSuffix(base, n);
      if (nick !== mine && !this.used(nick, ghost)) yield nick;
    }
  }

  private used(nick: string, ghost: Ghost): boolean {
    // A ghost that is not seated now keeps its stored nick all the same.
    const place = this.byNick.get(nick);
    if (place) return place.native !== ghost.address.native;
    return this.room.taken(nick);
  }

  private async sit(ghost: Ghost, entered: Extract<Entered, { kind: 'in' }>): Promise<Seated> {
    const before = this.places.get(ghost.address.native);
    if (before) this.forget(before);
    const { id, address, name } = ghost;
    const place: Place = { id, native: address.native, nick: kept(entered.nick), name, state: 'in', role: entered.role };
    this.seatAt(place);
    if (before?.nick !== entered.nick || before.name !== name) {
      await this.room.part.host.seats.keep(this.room.at, { ghost, nick: entered.nick });
    }
    return this.seated(place);
  }

  private seatAt(place: Place): void {
    this.places.set(place.native, place);
    this.byNick.set(place.nick, place);
  }

  private forget(place: Place): void {
    this.former.set(place.nick, true);
    this.places.delete(place.native);
    if (this.byNick.get(place.nick) === place) this.byNick.delete(place.nick);
  }

  private seated(place: Place): Seated {
    // XEP-0045 §7.4: in a moderated room a visitor's line would come back as `forbidden`.
    if (place.role === 'visitor') return { kind: 'refused', why: reason('moderated', 'the room gives newcomers no voice') };
    return { kind: 'seated', jid: jidOf(place.native), nick: place.nick };
  }

  private unavailable(place: Place): boolean {
    const to = `${this.room.part.jid}/${place.nick}`;
    return this.room.part.wire.send(xml('presence', { from: jidOf(place.native), to, type: 'unavailable' })) === 'sent';
  }
}

/** The nicks that a name allows, best first. */
function basesOf(ghost: Ghost): string[] {
  const made = parseGhostLocal(ghost.address.native.split('@')[0] ?? '');
  const fallback = made === undefined ? 'Guest' : 'handle' in made ? made.handle : `Guest ${made.hash.slice(0, 4)}`;
  // COMPAT(prosody): it knows no character that is younger than Unicode 3.2, such as an emoji: `jid-malformed`.
  const plain = ghost.name.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{Zs}]|[\u{10000}-\u{10FFFF}]/gu, '');
  return [...new Set([nickFor(ghost.name, fallback), nickFor(plain, fallback), nickFor(fallback, 'Guest')])];
}

function madeFrom(base: string, nick: string): boolean {
  if (nick === base) return true;
  for (let n = 2; n <= nickTries; n += 1) if (nick === withSuffix(base, n)) return true;
  return false;
}

const fits = (nick: string, ghost: Ghost): boolean => basesOf(ghost).some((base) => madeFrom(base, nick));

function refusal(error: StanzaError): Seated {
  // COMPAT(ejabberd): its word for a room that is full, and for an address that is in as many rooms as it may.
  const isFull = error.condition === 'resource-constraint';
  const why = isFull ? reason('full', error.text) : joinReason(error);
  // A room that is not there now is not the ghost's fault; one that is full (XEP-0045 §7.2.9) may be so for ever.
  if (why.code === 'unknown-target' || why.code === 'gone') return { kind: 'retry', why, scope: 'endpoint', afterMs: 5000 };
  if (error.condition === 'timeout') return { kind: 'retry', why, scope: 'ghost', afterMs: 2000 };
  if (why.code !== 'full' && passing(error)) return { kind: 'retry', why, scope: 'endpoint', afterMs: 5000 };
  return { kind: 'refused', why };
}
