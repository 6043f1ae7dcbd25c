import { hash, randomUUID } from 'node:crypto';
import type { Envelope, Id, Payload, Target } from '../../../cpim/envelope.ts';
import type { Endpoint, Inbound, Sender } from '../../network.ts';
import { moderatorOf } from '../features/retraction.ts';
import { said } from '../features/table.ts';
import { traceOf } from '../hop.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import { type Facts, partyOf } from './facts.ts';
import { roomSender, senderParty } from './sender.ts';

export interface Where {
  readonly at: Endpoint;
  readonly facts: Facts;
}

const longestId = 512;

/** The ids of a groupchat stanza; `archived` is the one under which the archive returned it. */
export function idsOf(facts: Facts, el: El, archived?: string): Id[] {
  const ids: Id[] = [];
  const add = (kind: string, value: string | undefined, strong: boolean): void => {
    if (value && value.length <= longestId) ids.push({ kind, value, strong });
  };
  add('stanza-id', archived ?? stanzaId(facts, el), true);
  add('message-id', el.attrs.id, false);
  const origin = el.getChild('origin-id', ns.sid)?.attrs.id;
  if (origin !== el.attrs.id) add('origin-id', origin, false);
  if (!facts.archive) add('line', lineOf(el), false);
  return ids;
}

/**
 * What a line is known by in the history of a room that keeps no archive: who said it, its client's id, and its text. Undefined
 * without an id, for somebody may well say the same again.
 */
export function lineOf(el: El): string | undefined {
  const { from = '', id } = el.attrs;
  if (!id) return undefined;
  return hash('sha256', [from, id, el.getChildText('body') ?? ''].join('\0'), 'base64url').slice(0, 16);
}

/** XEP-0359 §3: only the room's own, and only where it keeps an archive; two of them are a forgery and the original. */
export function stanzaId(facts: Facts, el: El): string | undefined {
  if (!facts.archive) return undefined;
  const ids = el.getChildren('stanza-id', ns.sid).filter((one) => one.attrs.by === facts.jid);
  return ids.length === 1 ? ids[0]?.attrs.id : undefined;
}

/** The key of one of our own deliveries, if it wears one. */
export function keyOf(el: El, isKey: (text: string) => boolean): string | undefined {
  const candidates = [el.attrs.id, el.getChild('origin-id', ns.sid)?.attrs.id];
  return candidates.find((one) => one !== undefined && one.length <= 80 && isKey(one));
}

/** A change of the subject, which is no line: a `subject` without a body (XEP-0045 §8.1). */
export function subjectOf(el: El): string | undefined {
  const subject = el.getChild('subject');
  return subject && !el.getChild('body') && !el.getChild('thread') ? subject.getText() : undefined;
}

export interface Heard {
  readonly el: El;
  readonly sender: Sender;
  /** Absent for what is said now. */
  readonly time?: string | undefined;
  /** The id in the archive that returned it. */
  readonly archived?: string | undefined;
}

/** What somebody said, as the core takes it; undefined if he said nothing. Whatever cannot be read is kept as malformed. */
export function inboundOf(where: Where, heard: Heard): Inbound | undefined {
  try {
    return read(where, heard);
  } catch (error) {
    return { kind: 'malformed', at: where.at, why: String(error), octets: heard.el.toString() };
  }
}

function read(where: Where, heard: Heard): Inbound | undefined {
  const { el, sender } = heard;
  const subject = subjectOf(el);
  const spoken = subject === undefined ? said(el) : { payload: subjectNotice(sender.name, subject) };
  if (!spoken) return undefined;
  // What the room says in its own name is nobody's words.
  const room = !(el.attrs.from ?? '').includes('/');
  const payload: Payload =
    room && spoken.payload.kind === 'text' ? { kind: 'notice', text: spoken.payload.text } : spoken.payload;
  const reply = 'reply' in spoken ? spoken.reply : undefined;
  return event(where, heard, { payload, ...(reply === undefined ? {} : { reply }) });
}

function event(where: Where, heard: Heard, what: { payload: Payload; reply?: Target }): Inbound {
  const ids = idsOf(where.facts, heard.el, heard.archived);
  const made = envelope(where, heard.sender, what.payload);
  const full: Envelope = {
    ...made,
    ...(what.reply === undefined ? {} : { reply: what.reply }),
    time: stamp(heard.time) ?? made.time,
    trace: traceOf(heard.el),
  };
  return { kind: 'event', at: where.at, ids, from: heard.sender, envelope: full };
}

function envelope(where: Where, sender: Sender, payload: Payload): Envelope {
  return {
    id: randomUUID(),
    from: senderParty(where.facts, sender),
    to: partyOf(where.facts),
    time: new Date().toISOString(),
    payload,
    trace: [],
    extensions: [],
    degradations: [],
  };
}

/** Something without ids of its own: a membership, a gap. */
export function plainEvent(where: Where, sender: Sender, payload: Payload): Inbound {
  return { kind: 'event', at: where.at, ids: [], from: sender, envelope: envelope(where, sender, payload) };
}

/** Who a stanza of the room itself is about: the moderator it names, else the room. */
export function roomSpeaker(facts: Facts, el: El, known: (nick: string) => Sender | undefined): Sender {
  const nick = moderatorOf(el);
  return (nick === undefined ? undefined : known(nick)) ?? roomSender(facts);
}

function stamp(text: string | undefined): string | undefined {
  const time = new Date(text ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

function subjectNotice(name: string, subject: string): Payload {
  const text = subject.trim();
  return { kind: 'notice', text: text === '' ? `${name} removed the subject` : `${name} changed the subject to: ${text}` };
}
