import xml from '@xmpp/xml';
import type { Membership, Payload, Text } from '../../../cpim/envelope.ts';
import { type Reason, reason } from '../../../cpim/reasons.ts';
import { inMarks } from '../../../cpim/text/marks.ts';
import type { Delivery, Ghost, Outcome, Sent } from '../../network.ts';
import { fullWindow } from '../capabilities.ts';
import { errorOf, passing, reasonOf, type StanzaError } from '../errors.ts';
import { styled } from '../features/styling.ts';
import { Few } from '../few.ts';
import { hopsOf } from '../hop.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import type { RoomIn } from './facts.ts';
import type { Fate } from './intake.ts';
import type { Seated, Seats } from './seats.ts';

export interface OutboxIn {
  readonly part: Pick<RoomIn, 'jid' | 'wire' | 'host' | 'listener'>;
  readonly seats: Seats;
  /** Resolves true when the listener is in, false after the time given. */
  ready(ms: number): Promise<boolean>;
  /** The room says that the listener is not in. */
  lost(): void;
}

interface Open {
  readonly job: Delivery;
  readonly from: string;
  readonly resolve: (outcome: Outcome) => void;
  readonly timer: NodeJS.Timeout;
  readonly again: boolean;
}

/** The body without a tag is the author's own (RFC 6121 §5.2.3); its language is that of the stanza. */
interface Bodies extends Pick<Text, 'text' | 'lang' | 'translations'> {
  /** XEP-0393 §6: it has no marks, though it looks as if. */
  readonly isUnstyled: boolean;
}

const reflectionMs = 10_000;
const readyMs = 20_000;
const foundKept = 2000;
const nobody = Promise.resolve();

const nothing: Outcome = { kind: 'sent', parts: [{ part: 0, ids: [] }], proof: 'accepted' };
const unseen: Outcome = { kind: 'unknown', why: reason('unreachable', 'the link was lost before the room answered') };
const unsure: Outcome = { kind: 'retry', why: reason('overload', 'the lease is in doubt'), scope: 'network', done: [] };
const down: Outcome = { kind: 'retry', why: reason('unreachable', 'the link is down'), scope: 'network', done: [] };

/** Deliveries to one room: written one after the other, open until the room reflects them. */
export class Outbox {
  window = fullWindow;
  private turn = nobody;
  private readonly open = new Few<string, Open>();
  /** Reflected, but the echo is not stored yet. */
  private settling = 0;
  /** Reflections that nobody waited for (any more): late ones, and those that the archive returned. */
  private readonly found = new Few<string, readonly Sent[]>();

  constructor(private readonly room: OutboxIn) {}

  deliver(job: Delivery): Promise<Outcome> {
    if (job.done.length > 0) return Promise.resolve({ kind: 'sent', parts: job.done, proof: 'accepted' });
    return new Promise((resolve) => this.next(() => this.write(job, false, resolve), resolve));
  }

  /** The room reflected this delivery. It is settled when the echo is stored, and not before. */
  reflected(key: string, parts: readonly Sent[]): Fate | undefined {
    const open = this.open.get(key);
    if (!open) {
      this.found.set(key, parts);
      const oldest = this.found.size > foundKept ? this.found.keys().next().value : undefined;
      if (oldest !== undefined) this.found.delete(oldest);
      return undefined;
    }
    clearTimeout(open.timer);
    this.open.delete(key);
    this.settling += 1;
    const end = (outcome: Outcome): void => {
      this.settling -= 1;
      open.resolve(outcome);
    };
    return { stored: () => end({ kind: 'sent', parts, proof: 'accepted' }), lost: () => end(unseen) };
  }

  /** An error that came back for a line of ours. True if it was one. */
  bounced(el: El): boolean {
    const open = this.open.get(el.attrs.id ?? '');
    if (!open || open.from !== el.attrs.to) return false;
    clearTimeout(open.timer);
    this.open.delete(open.job.key);
    const error = errorOf(el);
    if (error.type === 'wait') this.window = 1;
    if (error.condition === 'not-acceptable') this.expelled(open, error);
    else open.resolve(bounce(error, open.job.as === undefined ? 'entry' : 'ghost'));
    return true;
  }

  /** What has arrived of a delivery whose end nobody saw. */
  arrived(key: string): readonly Sent[] | undefined {
    return this.found.get(key);
  }

  /** Nothing is open. */
  get idle(): boolean {
    return this.open.size === 0 && this.settling === 0;
  }

  /** Nobody will answer any more. */
  down(): void {
    const all = [...this.open.values()];
    this.open.clear();
    for (const one of all) {
      clearTimeout(one.timer);
      one.resolve(unseen);
    }
  }

  /** One step of writing after the other keeps the order, also across a join that takes its time. */
  private next(step: () => Promise<void>, resolve: (outcome: Outcome) => void): void {
    this.turn = this.turn.then(step).catch((error: unknown) => {
      resolve({ kind: 'retry', why: reason('internal', String(error).slice(0, 200)), scope: 'entry', done: [] });
    });
  }

  private async write(job: Delivery, again: boolean, resolve: (outcome: Outcome) => void): Promise<void> {
    if (job.deadline <= Date.now()) return resolve({ kind: 'refused', why: reason('expired'), scope: 'entry' });
    if (!(await this.room.ready(Math.min(readyMs, job.deadline - Date.now())))) {
      const why = reason('unreachable', 'not in the room at present');
      return resolve({ kind: 'retry', why, scope: 'endpoint', done: [], afterMs: 2000 });
    }
    const { payload } = job.envelope;
    if (payload.kind === 'membership') return resolve(await this.membership(job, payload));
    const body = bodiesOf(payload);
    if (body === undefined) return resolve({ kind: 'refused', why: reason('unsupported', payload.kind), scope: 'entry' });
    const seat = job.as === undefined ? this.room.part.listener : await this.room.seats.take(job.as, job.deadline);
    if (typeof seat === 'string') return this.post(job, { from: seat, body, again, resolve });
    if (seat.kind === 'seated') return this.post(job, { from: seat.jid, body, again, resolve });
    resolve(unseated(seat));
  }

  private post(job: Delivery, how: { from: string; body: Bodies; again: boolean; resolve: (outcome: Outcome) => void }): void {
    const { from, body, again, resolve } = how;
    const el = xml(
      'message',
      { type: 'groupchat', from, to: this.room.part.jid, id: job.key, 'xml:lang': body.lang },
      xml('body', {}, body.text),
      ...(body.translations ?? []).map(({ lang, text }) => xml('body', { 'xml:lang': lang }, text)),
      ...(body.isUnstyled ? [xml('unstyled', { xmlns: ns.styling })] : []),
      xml('origin-id', { xmlns: ns.sid, id: job.key }),
      ...hopsOf(job.envelope.trace, this.room.part.host.install),
    );
    if (!this.room.part.host.isOwner()) return resolve(unsure);
    const sent = this.room.part.wire.send(el);
    if (sent !== 'sent') return resolve('down' in sent ? down : { kind: 'refused', why: sent.refused, scope: 'entry' });
    const timer = setTimeout(() => {
      this.open.delete(job.key);
      resolve({ kind: 'unknown', why: reason('timeout', 'the room did not show the line') });
    }, reflectionMs);
    this.open.set(job.key, { job, from, resolve, timer, again });
  }

  /** XEP-0045 §7.4: `not-acceptable` is for somebody who is not in the room. Once more with a new seat. */
  private expelled(open: Open, error: StanzaError): void {
    const { job, resolve } = open;
    if (job.as === undefined) this.room.lost();
    else this.room.seats.expelled(job.as);
    if (open.again) return resolve({ kind: 'retry', why: reasonOf(error), scope: 'ghost', done: [], afterMs: 5000 });
    this.next(() => this.write(job, true, resolve), resolve);
  }

  private async membership(job: Delivery, payload: Membership): Promise<Outcome> {
    const ghost = job.as;
    if (ghost === undefined) return nothing;
    switch (payload.change) {
      case 'leave':
        return (await this.room.seats.leave(ghost)) ? nothing : down;
      case 'rename':
        return this.room.seats.sitting(ghost) ? this.seat({ ...ghost, name: payload.name }, job.deadline) : nothing;
      case 'join':
        return job.at.settings.seats === 'all' ? this.seat(ghost, job.deadline) : nothing;
    }
  }

  private async seat(ghost: Ghost, deadline: number): Promise<Outcome> {
    const seat = await this.room.seats.take(ghost, deadline);
    // A visitor sits there all the same.
    if (seat.kind === 'seated' || (seat.kind === 'refused' && seat.why.code === 'moderated')) return nothing;
    return unseated(seat);
  }
}

function unseated(seat: Exclude<Seated, { kind: 'seated' }>): Outcome {
  if (seat.kind === 'refused') return { kind: 'refused', why: seat.why, scope: 'ghost' };
  const after = seat.afterMs === undefined ? {} : { afterMs: seat.afterMs };
  return { kind: 'retry', why: seat.why, scope: seat.scope, done: [], ...after };
}

/** What an XMPP client can be told today is text; the core has already turned everything else into it. */
export function bodiesOf(payload: Payload): Bodies | undefined {
  if (payload.kind === 'notice') return { text: payload.text, isUnstyled: isStyled(payload.text) };
  if (payload.kind !== 'text') return undefined;
  const { lang, translations } = payload;
  const done = (text: string): string => (payload.manner === 'emote' ? `/me ${text}` : text);
  return {
    text: done(inMarks(payload).text),
    ...(lang === undefined ? {} : { lang }),
    ...(translations && { translations: translations.map((one) => ({ ...one, text: done(one.text) })) }),
    isUnstyled: payload.spans === undefined && isStyled(payload.text),
  };
}

/** What begins with `>` is a quote for everybody. */
function isStyled(body: string): boolean {
  return styled(body).spans?.some(({ style }) => style !== 'quote') === true;
}

function bounce(error: StanzaError, scope: 'entry' | 'ghost'): Outcome {
  // XEP-0045 §7.4: no voice in a moderated room.
  if (error.condition === 'forbidden') {
    const why: Reason = reason('moderated', error.text ?? 'the room gives newcomers no voice');
    return { kind: 'refused', why, scope };
  }
  const why = reasonOf(error);
  if (passing(error)) return { kind: 'retry', why, scope: 'endpoint', done: [], afterMs: 2000 };
  if (error.condition === 'item-not-found') return { kind: 'retry', why, scope: 'endpoint', done: [], afterMs: 10_000 };
  return { kind: 'refused', why, scope: 'entry' };
}
