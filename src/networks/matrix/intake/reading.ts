import { randomUUID } from 'node:crypto';
import type { Envelope, Payload } from '../../../cpim/envelope.ts';
import type { Host, Inbound, Pair } from '../../network.ts';
import { localpart } from '../address.ts';
import { type Event, isObject, type Json, parseEvent, part, redacts, textOf } from '../event.ts';
import type { Scene } from '../features/feature.ts';
import { ghostRemoved } from '../features/state.ts';
import { type Said, said } from '../features/table.ts';
import { markOf } from '../mark.ts';
import type { People } from '../people/people.ts';
import type { Room } from '../rooms/rooms.ts';

/** What an event means for ourselves, to be done when it is stored. */
export type Effect =
  | { readonly kind: 'unseated'; readonly userId: string }
  | { readonly kind: 'removed'; readonly banned: boolean; readonly by: string }
  | { readonly kind: 'invited' }
  /** One of the two has left a direct chat. */
  | { readonly kind: 'parted' }
  /** Somebody else has come into a direct chat. */
  | { readonly kind: 'joined'; readonly userId: string }
  /** For the first time. */
  | { readonly kind: 'encrypted' }
  /** A line in a room that is encrypted; due: its sender has to be told. */
  | { readonly kind: 'unreadable'; readonly userId: string; readonly isDue: boolean };

export interface Read {
  readonly inbound?: Inbound;
  readonly effect?: Effect;
}

/** What an event of an attached room brings. Never throws: what cannot be read is kept as malformed. No I/O. */
export function read(room: Room, raw: unknown, people: People, host: Pick<Host, 'isKey'>): Read {
  try {
    return readEvent(room, parseEvent(raw), people, host);
  } catch (error) {
    return { inbound: malformed(raw, String(error), room) };
  }
}

export function malformed(raw: unknown, why: string, room?: Room): Inbound {
  return { kind: 'malformed', ...(room ? { at: room.at } : {}), why: why.slice(0, 500), octets: JSON.stringify(raw) };
}

/** Whose names, and the authors of which events, must be known to read an event. */
export function wanted(raw: unknown, people: People): { readonly user?: string; readonly event?: string } {
  let event: Event;
  try {
    event = parseEvent(raw);
  } catch {
    return {};
  }
  if (people.isOurs(event.sender)) return {};
  const target = event.type === 'm.room.redaction' ? redacts(event) : undefined;
  const joins = event.type === 'm.room.member' && event.content.membership === 'join';
  return { ...(joins ? {} : { user: event.sender }), ...(target?.startsWith('$') ? { event: target } : {}) };
}

function readEvent(room: Room, event: Event, people: People, host: Pick<Host, 'isKey'>): Read {
  const mark = markOf(event.content, host);
  const ids = [{ kind: 'event', value: event.id, strong: true }];
  const aboutUs = event.type === 'm.room.member' && event.stateKey !== undefined && people.isOurs(event.stateKey);
  if (people.isOurs(event.sender)) {
    if (mark.key === undefined) return {};
    return { inbound: { kind: 'echo', at: room.at, key: mark.key, part: mark.part, ids } };
  }
  const before = learn(room, event, people);
  const { direct } = room.at.settings;
  if (direct && event.type === 'm.room.member') return comingOrGoing(direct, event);
  // Another ghost cannot speak for him to the one person who hears us.
  if (direct && event.sender !== direct.peer) return {};
  const scene = sceneOf(room, people);
  const effect = aboutUs ? effectOn(event, people) : secrecyOf(room, event);
  const spoken = aboutUs ? removal(event, scene) : isQuiet(room, event, effect) ? undefined : said(event, scene);
  if (!spoken) return effect ? { effect } : {};
  people.said(event.id, event.sender);
  // Who leaves by somebody else's hand is who the line is about.
  const who = spoken.payload.kind === 'membership' ? (event.stateKey ?? event.sender) : event.sender;
  const from = people.sender(room.id, who);
  const name = spoken.payload.kind === 'membership' && spoken.payload.change === 'rename' ? (before ?? from.name) : from.name;
  const envelope: Envelope = {
    id: randomUUID(),
    from: { uri: from.address?.uri ?? room.at.address.uri, name },
    to: { uri: room.at.address.uri },
    time: new Date(event.ts).toISOString(),
    ...spoken,
    // A client that forwards a line of ours copies our mark with it: that is no way it has come.
    trace: mark.key === undefined ? mark.trace : [],
    extensions: [],
    degradations: [],
  };
  return { inbound: { kind: 'event', at: room.at, ids, from, envelope }, ...(effect ? { effect } : {}) };
}

function comingOrGoing({ peer, ghost }: Pair, { stateKey = '', content }: Event): Read {
  const isOne = stateKey === peer || stateKey === ghost;
  if (isOne) return content.membership === 'leave' || content.membership === 'ban' ? { effect: { kind: 'parted' } } : {};
  return content.membership === 'join' ? { effect: { kind: 'joined', userId: stateKey } } : {};
}

/** Keeps the names up to date; gives the name that a member had before. */
function learn(room: Room, event: Event, people: People): string | undefined {
  if (event.type !== 'm.room.member' || event.stateKey === undefined) return undefined;
  const prev = part(part(event.raw, 'unsigned'), 'prev_content');
  if (people.known(room.id, event.stateKey) === undefined && prev.membership === 'join') {
    people.learn(room.id, event.stateKey, textOf(prev, 'displayname'));
  }
  const before = people.known(room.id, event.stateKey);
  if (event.content.membership === 'join') people.learn(room.id, event.stateKey, textOf(event.content, 'displayname'));
  return before;
}

function sceneOf(room: Room, people: People): Scene {
  return {
    name: (userId) => room.seats.get(userId) ?? (userId === '' ? '' : nameOf(room, userId, people)),
    author: (eventId) => people.author(eventId),
  };
}

function nameOf(room: Room, userId: string, people: People): string {
  return people.known(room.id, userId) ?? localpart(userId);
}

function removal(event: Event, scene: Scene): Said | undefined {
  const payload: Payload | undefined = ghostRemoved(event, scene);
  return payload && { payload };
}

function effectOn(event: Event, people: People): Effect | undefined {
  const { membership } = event.content;
  const userId = event.stateKey ?? '';
  const isOut = membership === 'leave' || membership === 'ban';
  if (people.isBot(userId)) {
    if (isOut) return { kind: 'removed', banned: membership === 'ban', by: event.sender };
    return membership === 'invite' ? { kind: 'invited' } : undefined;
  }
  return isOut ? { kind: 'unseated', userId } : undefined;
}

function secrecyOf({ secrecy }: Room, event: Event): Effect | undefined {
  if (isEncryption(event)) {
    secrecy.begin();
    return secrecy.isAnnounced ? undefined : { kind: 'encrypted' };
  }
  const isDue = event.type === 'm.room.encrypted' && event.stateKey === undefined ? secrecy.isDue(event.sender) : undefined;
  return isDue === undefined ? undefined : { kind: 'unreadable', userId: event.sender, isDue };
}

/** What has been said of the room's secrecy is not said again. */
function isQuiet({ secrecy }: Room, event: Event, effect: Effect | undefined): boolean {
  return isEncryption(event) ? secrecy.isAnnounced : effect?.kind === 'unreadable' && !effect.isDue;
}

function isEncryption({ type, stateKey }: Event): boolean {
  return type === 'm.room.encryption' && stateKey === '';
}

/** A ghost of ours is asked to come. */
export function invitation(raw: unknown, people: People): Event | undefined {
  if (!isObject(raw) || raw.type !== 'm.room.member' || part(raw, 'content').membership !== 'invite') return undefined;
  try {
    const event = parseEvent(raw);
    const isGhost = event.stateKey !== undefined && people.isOurs(event.stateKey) && !people.isBot(event.stateKey);
    return isGhost && !people.isOurs(event.sender) ? event : undefined;
  } catch {
    return undefined;
  }
}

export function roomIdOf(raw: unknown): string | undefined {
  const event: Json = isObject(raw) ? raw : {};
  return textOf(event, 'room_id');
}
