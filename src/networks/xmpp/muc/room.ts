import type { Endpoint, Sender } from '../../network.ts';
import { Few } from '../few.ts';
import { traceOf } from '../hop.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import { Archive } from './archive.ts';
import { Door } from './door.ts';
import { type Facts, noFacts, type RoomIn } from './facts.ts';
import { Intake } from './intake.ts';
import { type Change, codesOf, isDestruction, itemOf, Occupants } from './occupants.ts';
import { Outbox, type OutboxIn } from './outbox.ts';
import { idsOf, inboundOf, keyOf, plainEvent, roomSpeaker, stanzaId, subjectOf } from './reading.ts';
import { type Past, Recent } from './recent.ts';
import { Seats, type SeatsIn } from './seats.ts';
import { placeOf, roomSender, senderOf } from './sender.ts';

/** What a room tells whoever keeps the listener in it. */
export interface Keeper {
  /** The listener is no longer in; `destroyed` and the codes say why. */
  lost(codes: ReadonlySet<string>, destroyed: boolean): void;
  /** The room's settings have changed (XEP-0045 §10.2.1). */
  changed(): void;
  ready(ms: number): Promise<boolean>;
}

/** One attached MUC: everything that arrives from it, in the order of the stream. */
export class Room implements SeatsIn, OutboxIn {
  readonly at: Endpoint;
  readonly occupants = new Occupants();
  readonly door: Door;
  readonly archive: Archive;
  readonly seats: Seats;
  readonly intake: Intake;
  readonly outbox: Outbox;
  readonly recent: Recent;
  facts: Facts;
  /** The listener's nick. */
  nick: string;
  state: 'out' | 'entering' | 'in' = 'out';
  lastHeard = 0;
  history: Past[] = [];
  /** The catch-up could not begin where we had stopped. */
  hasGap = false;
  /** History comes before the subject, what is said now after it (XEP-0045 §7.1). */
  private settled = false;
  private deaf = false;
  private subject: string | undefined;
  /** The subject as it was when we came in. */
  private subjectThen: El | undefined;
  /** Nicks in the room that are ours, or were taken for ours. */
  private readonly hidden = new Few<string, true>();

  constructor(
    readonly part: RoomIn,
    private readonly keeper: Keeper,
    nick: string,
  ) {
    const { at, jid, host, wire, listener } = part;
    this.at = at;
    this.nick = nick;
    this.facts = noFacts(jid);
    this.door = new Door(wire, jid);
    this.archive = new Archive(wire, jid, listener);
    this.intake = new Intake(part.inbox);
    this.recent = new Recent(host.notes, jid);
    this.seats = new Seats(this);
    this.outbox = new Outbox(this);
  }

  ready(ms: number): Promise<boolean> {
    return this.keeper.ready(ms);
  }

  lost(): void {
    this.keeper.lost(new Set(), false);
  }

  taken(nick: string): boolean {
    return nick === this.nick || (this.present(nick) && !this.hidden.has(nick));
  }

  /** False: not ours to answer, such as a private message. */
  stanza(el: El): boolean {
    const toListener = el.attrs.to === this.part.listener;
    if (el.name === 'presence') {
      if (toListener) this.presence(el);
      else void this.seats.presence(el);
      this.door.presence(el);
      return true;
    }
    if (el.attrs.type === 'error') return this.outbox.bounced(el);
    if (!toListener) return false;
    if (el.attrs.type === 'groupchat') this.groupchat(el);
    else return this.archive.result(el);
    return true;
  }

  /**
   * Before the listener knocks: what was known of who is here is void. With `again`, whatever still comes before the door opens is
   * left to the archive or the history, which have it too.
   */
  entering(again: boolean): void {
    this.state = 'entering';
    this.deaf = again;
    this.settled = false;
    this.subjectThen = undefined;
    this.history = [];
    this.occupants.clear();
    this.hidden.clear();
  }

  /** The stream is gone, or the room threw us out. */
  away(): void {
    this.state = 'out';
    this.door.close();
    this.seats.doubt();
  }

  get isSettled(): boolean {
    return this.settled;
  }

  settle(): void {
    this.settled = true;
  }

  /** Ghosts that sit where they should: the book of seats knows who they are. */
  forgetOurs(): void {
    for (const nick of this.hidden.keys()) if (this.seats.owns(nick) === 'yes') this.occupants.ours(nick);
  }

  present(nick: string): boolean {
    return this.occupants.get(nick) !== undefined;
  }

  /** The sender of a line: who he is in the room now, or what the line itself says of him. */
  speaker(el: El, archived: boolean): Sender {
    const { nick } = placeOf(el.attrs.from);
    const known = (name: string): Sender | undefined => this.occupants.get(name)?.sender;
    if (nick === undefined) return roomSpeaker(this.facts, el, known);
    const own = senderOf(archived ? this.facts : { ...this.facts, nonAnonymous: false }, nick, el);
    const here = known(nick);
    if (here === undefined || (archived && !own.weak && own.key !== here.key)) return own;
    return own.weak || !here.weak ? { ...here, name: nick } : own;
  }

  private presence(el: El): void {
    const { nick } = placeOf(el.attrs.from);
    if (nick === undefined || el.attrs.type === 'error') return;
    const codes = codesOf(el);
    if (codes.has('110') || (nick === this.nick && isDestruction(el))) return this.self(el, nick, codes);
    if (el.attrs.type === 'unavailable') return this.left(el, nick);
    if (el.attrs.type !== undefined) return;
    if (this.seats.owns(nick) !== 'no' && !this.present(nick)) this.hidden.set(nick, true);
    const change = this.occupants.here(nick, senderOf(this.facts, nick, el), itemOf(el)?.attrs.role ?? '');
    if (change && !this.hidden.has(nick) && this.state === 'in') this.tell(change);
  }

  private left(el: El, nick: string): void {
    const next = codesOf(el).has('303') ? itemOf(el)?.attrs.nick : undefined;
    const changes = this.occupants.away(nick, el);
    const ours = this.hidden.delete(nick);
    if (ours && next !== undefined) this.hidden.set(next, true);
    if (!ours && this.state === 'in') for (const change of changes) this.tell(change);
  }

  private self(el: El, nick: string, codes: ReadonlySet<string>): void {
    if (el.attrs.type === 'unavailable') {
      if (codes.has('303') || this.state !== 'in') return;
      return this.keeper.lost(codes, isDestruction(el));
    }
    if (el.attrs.type !== undefined) return;
    this.nick = nick;
    this.lastHeard = Date.now();
    if (this.state !== 'entering') return;
    this.state = 'in';
    this.deaf = false;
    const members = this.occupants.members((other) => this.hidden.has(other));
    this.part.inbox.push({ kind: 'roster', at: this.at, members });
  }

  private tell(change: Change): void {
    this.intake.live({ item: plainEvent(this, change.sender, change.payload) });
  }

  /** Somebody who was taken for a ghost of ours is not: he has been there all the time. */
  stranger(nick: string): void {
    const occupant = this.occupants.get(nick);
    if (!this.hidden.delete(nick) || !occupant || this.state !== 'in') return;
    this.tell({ sender: occupant.sender, payload: { kind: 'membership', change: 'join', name: nick } });
  }

  private groupchat(el: El): void {
    // After a quick return the room may never have noticed that we were gone.
    if (this.state === 'out' || this.deaf) return;
    this.lastHeard = Date.now();
    const codes = codesOf(el);
    if (['104', '172', '173', '174'].some((code) => codes.has(code))) this.keeper.changed();
    const subject = subjectOf(el);
    const delay = el.getChild('delay', ns.delay);
    if (!this.settled) {
      if (subject !== undefined) return this.entered(el, subject);
      if (delay) return this.past(el, delay.attrs.stamp);
    }
    // XEP-0203 §2: stamped by the room itself, so it is history and not said now.
    if (delay?.attrs.from === this.facts.jid) return;
    if (subject !== undefined) {
      this.subject = subject;
      this.subjectThen = undefined;
    }
    this.said(el);
  }

  private past(el: El, time: string | undefined): void {
    this.history.push({ el, time: time ?? '' });
  }

  private entered(el: El, subject: string): void {
    this.settled = true;
    this.subjectThen = el;
    this.subject ??= subject;
  }

  /** Changed while we were away, and no archive told it (Prosody keeps no subjects). */
  caughtUp(): void {
    const el = this.subjectThen;
    this.subjectThen = undefined;
    const subject = el && subjectOf(el);
    if (el === undefined || subject === undefined || subject === this.subject) return;
    this.subject = subject;
    const item = inboundOf(this, { el, sender: this.speaker(el, false) });
    if (item) this.intake.past({ item });
  }

  private said(el: El): void {
    const nick = placeOf(el.attrs.from).nick;
    this.recent.saw(new Date().toISOString());
    if (nick !== undefined && this.own(el, nick)) return;
    const item = inboundOf(this, { el, sender: this.speaker(el, false) });
    if (item) this.intake.live({ item, stanzaId: stanzaId(this.facts, el) });
  }

  /** A line of our own: a delivery that has arrived, or nothing new. */
  private own(el: El, nick: string): boolean {
    const { host } = this.part;
    const sure = nick === this.nick || this.seats.owns(nick) === 'yes';
    if (!sure && !this.hidden.has(nick)) return false;
    const key = keyOf(el, (text) => host.isKey(text));
    if (key !== undefined) {
      this.echo(el, key);
      return true;
    }
    if (sure || traceOf(el).includes(host.install)) return true;
    this.stranger(nick);
    return false;
  }

  /** The delivery is settled when the echo is stored, and not before: nothing older may still be on its way then. */
  private echo(el: El, key: string, past?: { readonly archived?: string | undefined }): void {
    const ids = idsOf(this.facts, el, past?.archived);
    const fate = this.outbox.reflected(key, [{ part: 0, ids }]);
    const item = { kind: 'echo', at: this.at, key, part: 0, ids } as const;
    if (past === undefined) this.intake.live({ item, stanzaId: stanzaId(this.facts, el), fate });
    else this.intake.past({ item, fate });
  }

  /** One line of the past, from the archive or the join history. */
  pastLine(el: El, time: string | undefined, archived?: string): void {
    const { nick } = placeOf(el.attrs.from);
    const { host } = this.part;
    if (nick !== undefined && (nick === this.nick || this.seats.owned(nick))) {
      const key = keyOf(el, (text) => host.isKey(text));
      if (key !== undefined) return this.echo(el, key, { archived });
      if (traceOf(el).includes(host.install)) return;
    }
    this.subject = subjectOf(el) ?? this.subject;
    const item = inboundOf(this, { el, sender: this.speaker(el, true), time, archived });
    if (item) this.intake.past({ item });
  }

  /** Something may be missing between what we know and what comes now. */
  gap(): void {
    this.hasGap = true;
    const text = 'Rialto was away from this room for a while; lines said meanwhile may be missing here';
    this.intake.past({ item: plainEvent(this, roomSender(this.facts), { kind: 'notice', text }) });
  }
}
