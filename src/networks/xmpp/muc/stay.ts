import xml from '@xmpp/xml';
import { type Reason, reason } from '../../../cpim/reasons.ts';
import type { Attached, Refused, Wish } from '../../network.ts';
import { caught, noArchive, noRoom, passing, type StanzaError, shut, voiceless } from '../errors.ts';
import { withSuffix } from '../ids.ts';
import { Nap } from '../wire/nap.ts';
import type { Pace } from '../wire/pace.ts';
import { catchUp, timeMarker } from './catch-up.ts';
import { type Entered, stillIn } from './door.ts';
import { askFacts, type Facts, type RoomIn, warnings } from './facts.ts';
import { type Keeper, Room } from './room.ts';

const nickTries = 9;
const firstDelay = 1000;
const longestDelay = 300_000;
const kickedDelay = 30_000;
const pingEvery = 120_000;
const nothing = Promise.resolve();

type Entry =
  | { readonly ok: true; readonly role: string }
  | { readonly ok: false; readonly error: StanzaError }
  | { readonly ok: false; readonly down: true };

/** Keeps the listener in one room: entering, watching, coming back and catching up. */
export class Stay implements Keeper {
  readonly room: Room;
  private readonly wanted: string;
  private ended = false;
  private up = true;
  /** Counts the times we entered: what belongs to a former time stops. */
  private time = 0;
  private startMarker: string | undefined;
  private returning: Promise<void> | undefined;
  private readonly nap = new Nap();
  private reading = nothing;
  private pingAt = 0;
  enteredAt = 0;
  /** When this process first took care of the room. */
  readonly since = Date.now();
  private readonly watchers = new Nap();

  constructor(
    private readonly part: RoomIn,
    nick: string,
    /** How many may enter at once. */
    private readonly pace: Pick<Pace, 'run'>,
  ) {
    this.wanted = nick;
    this.room = new Room(part, this, nick);
  }

  /** Nothing will bring it back: the room is gone, or has thrown us out for good. */
  get over(): boolean {
    return this.ended;
  }

  /** Called once, with the wire up. */
  async attach(from: string | undefined, wish?: Wish): Promise<Attached | Refused> {
    const { room } = this;
    this.startMarker = from;
    try {
      room.facts = await askFacts(this.part.wire, this.part.listener, this.part.jid);
    } catch (error) {
      return this.notYet(caught(error), from, noRoom(caught(error), this.part.listener));
    }
    if (!room.facts.isRoom) return this.refused(reason('unknown-target', 'this address is no room: check it'));
    if (from === undefined && !room.facts.archive && !wish?.accept.includes('no-archive')) {
      return { ...this.refused(noArchive), unless: 'no-archive' };
    }
    await Promise.all([room.seats.load(), room.recent.load()]);
    const entry = await this.pace.run(() => this.enter(from));
    if (!entry.ok)
      return this.notYet('error' in entry ? entry.error : { condition: 'remote-server-timeout', type: 'wait' }, from);
    if (from === undefined && entry.role === 'visitor') {
      this.bow();
      return this.refused(voiceless(this.part.listener));
    }
    const marker = from ?? (await this.marker());
    this.startMarker = marker;
    return { kind: 'attached', marker, warnings: warnings(room.facts) };
  }

  async detach(): Promise<void> {
    this.close();
    await this.room.seats.leaveAll();
    this.bow();
  }

  /** Nobody leaves: the room keeps our seats as long as it likes. */
  close(): void {
    this.ended = true;
    this.time += 1;
    this.room.away();
    this.room.intake.discard();
    this.room.outbox.down();
    this.nap.wake();
    this.watchers.wake();
    void this.room.recent.save();
  }

  down(): void {
    this.up = false;
    this.drop();
    this.nap.wake();
    void this.room.recent.save();
  }

  online(): void {
    this.up = true;
    if (!this.ended) this.comeBack(0);
  }

  lost(codes: ReadonlySet<string>, destroyed: boolean): void {
    if (this.ended || this.room.state === 'out') return;
    this.drop();
    if (destroyed) return this.gone(reason('gone', 'the room was destroyed'));
    if (codes.has('301')) return this.gone(reason('banned', 'the listener was banned'));
    this.comeBack(codes.has('307') && !codes.has('333') ? kickedDelay : firstDelay);
  }

  changed(): void {
    void askFacts(this.part.wire, this.part.listener, this.part.jid).then(
      (facts) => this.refreshed(facts),
      () => undefined,
    );
  }

  async ready(ms: number): Promise<boolean> {
    const until = Date.now() + ms;
    while (this.room.state !== 'in' && !this.ended && this.up && Date.now() < until)
      await this.watchers.sleep(until - Date.now());
    return this.room.state === 'in';
  }

  /** True when all that was missed has been handed over; false if that takes longer. */
  async caughtUp(ms: number): Promise<boolean> {
    if (!(await this.ready(ms))) return false;
    const { time } = this;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const done = await Promise.race([this.reading.then(() => true), late]);
    clearTimeout(timer);
    return done && time === this.time && !this.room.intake.holding;
  }

  /** All that we sent to the room before has been dealt with, and its reflections are here: both ways keep their order. */
  async barrier(): Promise<boolean> {
    const { time } = this;
    return this.room.state === 'in' && (await this.stillIn()) === 'yes' && time === this.time;
  }

  /** XEP-0410: are we still in? What the room said lately is answer enough. */
  async watchOver(now: number): Promise<void> {
    const { room } = this;
    if (room.state !== 'in' || now < this.pingAt) return;
    this.pingAt = now + pingEvery * (0.8 + Math.random() * 0.4);
    if (now - room.lastHeard < pingEvery / 2) return;
    const { time } = this;
    if ((await this.stillIn()) === 'no' && time === this.time) this.lost(new Set(['333']), false);
  }

  /** The listener goes. */
  private bow(): void {
    const { room, part } = this;
    part.wire.send(xml('presence', { from: part.listener, to: `${part.jid}/${room.nick}`, type: 'unavailable' }));
  }

  private refused(why: Reason): Refused {
    this.close();
    return { kind: 'refused', why };
  }

  private async notYet(
    error: StanzaError,
    from: string | undefined,
    why = shut(error, this.part.listener),
  ): Promise<Attached | Refused> {
    // A link that has been there before stays, whatever keeps us out for the moment.
    const later = from !== undefined && (passing(error) || error.condition === 'item-not-found');
    if (!later) return this.refused(why);
    await Promise.all([this.room.seats.load(), this.room.recent.load()]);
    this.comeBack(firstDelay);
    return { kind: 'attached', warnings: [`the room cannot be entered now (${error.condition}); it is tried again`] };
  }

  private drop(): void {
    this.time += 1;
    this.room.away();
    if (this.room.facts.archive) this.room.intake.discard();
    else this.room.intake.release();
    this.room.outbox.down();
    this.watchers.wake();
  }

  private gone(why: Reason): void {
    this.close();
    this.part.host.gone(this.part.at, why);
  }

  private async refreshed(facts: Facts): Promise<void> {
    const before = this.room.facts;
    this.room.facts = facts;
    // Who is who depends on it: ask for all presences again, which nobody else sees.
    if (before.nonAnonymous === facts.nonAnonymous && before.occupantIds === facts.occupantIds) return;
    if (this.room.state === 'in') await this.enter(this.startMarker);
  }

  /** One attempt. With `from`, what was missed is then read in the background. */
  private async enter(from: string | undefined): Promise<Entry> {
    const { room } = this;
    const time = ++this.time;
    const still = from === undefined ? 'no' : await this.stillIn();
    if (time !== this.time) return { ok: false, down: true };
    const missing = from !== undefined && (still !== 'yes' || room.state === 'out');
    room.intake.hold();
    room.entering(missing);
    room.recent.entering();
    const result = await this.knock(missing && !room.facts.archive ? { maxstanzas: '500' } : { maxstanzas: '0' });
    if (time !== this.time) return { ok: false, down: true };
    if (result.kind !== 'in' || result.codes.has('201')) return this.outside(result);
    this.enteredAt = Date.now();
    this.pingAt = this.enteredAt + pingEvery * Math.random();
    this.watchers.wake();
    const alive = (): boolean => time === this.time;
    this.reading = catchUp({ room, from: missing ? from : undefined, still: still === 'yes', alive }).then(async () => {
      if (alive()) await room.seats.verify((nick) => room.present(nick));
      if (alive()) room.forgetOurs();
    });
    return { ok: true, role: result.role };
  }

  private outside(result: Entered): Entry {
    const { room, part } = this;
    room.away();
    room.intake.release();
    if (result.kind === 'down') return { ok: false, down: true };
    if (result.kind === 'error') return { ok: false, error: result.error };
    // XEP-0045 §10.1: status 201, there was no such room and now we have made one.
    part.wire.send(xml('presence', { from: part.listener, to: `${part.jid}/${result.nick}`, type: 'unavailable' }));
    return { ok: false, error: { condition: 'item-not-found', type: 'cancel', text: 'there is no such room' } };
  }

  private async knock(history: Record<string, string>): Promise<Entered> {
    let result: Entered = { kind: 'down' };
    for (let n = 1; n <= nickTries; n += 1) {
      const nick = n === 1 ? this.wanted : withSuffix(this.wanted, n);
      result = await this.room.door.enter({ as: this.part.listener, nick, history, ms: 30_000 });
      if (result.kind !== 'error' || !['conflict', 'not-acceptable'].includes(result.error.condition)) return result;
    }
    return result;
  }

  private stillIn(): Promise<'yes' | 'no' | 'unknown'> {
    const { part, room } = this;
    return stillIn(part.wire, part.listener, `${part.jid}/${room.nick}`);
  }

  /** The newest id in the archive, or the time where there is none yet. */
  private async marker(): Promise<string> {
    if (!this.room.facts.archive) return timeMarker();
    return (await this.room.archive.newest().catch(() => undefined)) ?? timeMarker();
  }

  private comeBack(delay: number): void {
    this.returning ??= this.tryAgain(delay).finally(() => {
      this.returning = undefined;
      if (this.up && !this.ended && this.room.state === 'out') this.comeBack(firstDelay);
    });
  }

  private async tryAgain(first: number): Promise<void> {
    let delay = first;
    while (!this.ended && this.up && this.room.state === 'out') {
      if (delay > 0) await this.nap.sleep(delay * (0.8 + Math.random() * 0.4));
      delay = Math.min(Math.max(delay * 2, firstDelay), longestDelay);
      if (this.ended || !this.up) return;
      const entry = await this.pace.run(() => this.again());
      if (entry.ok || 'down' in entry || this.ended) continue;
      const why = shut(entry.error, this.part.listener);
      this.part.host.log.warn('room not entered', { room: this.part.jid, condition: entry.error.condition });
      if (['members-only', 'banned', 'password', 'gone'].includes(why.code) && !passing(entry.error)) return this.gone(why);
    }
  }

  private async again(): Promise<Entry> {
    try {
      this.room.facts = await askFacts(this.part.wire, this.part.listener, this.part.jid);
    } catch (error) {
      const found = caught(error);
      // Only a join can tell who may not enter; a disco#info can be forbidden by itself.
      if (passing(found) || found.condition === 'item-not-found') return { ok: false, error: found };
    }
    const from = (await this.part.host.marker(this.part.at)) ?? this.startMarker;
    return this.enter(from ?? timeMarker());
  }
}
