import { isRoomId, isUserId } from './address.ts';

export type Json = Readonly<Record<string, unknown>>;

/** An event as a transaction brings it (Client-Server API, "ClientEvent"), checked in what everything relies on. */
export interface Event {
  readonly type: string;
  readonly room: string;
  readonly id: string;
  readonly sender: string;
  /** Epoch milliseconds, as the sender's server claims. */
  readonly ts: number;
  /** Absent: no state event. */
  readonly stateKey?: string;
  readonly content: Json;
  readonly raw: Json;
}

const latest = 8.64e15;

/** Throws, with what is wrong. */
export function parseEvent(raw: unknown): Event {
  if (!isObject(raw)) throw new TypeError('an event is no object');
  const { type, room_id: room, event_id: id, sender, origin_server_ts: ts, state_key: stateKey, content } = raw;
  if (typeof type !== 'string' || type === '') throw new TypeError('an event without a type');
  if (typeof room !== 'string' || !isRoomId(room)) throw new TypeError('an event without a room');
  if (typeof id !== 'string' || !/^\$[^\s\p{Cc}\p{Cs}]{1,254}$/u.test(id)) throw new TypeError('an event without an id');
  if (typeof sender !== 'string' || !isUserId(sender)) throw new TypeError('an event without a sender');
  if (!isObject(content)) throw new TypeError('an event without content');
  if (stateKey !== undefined && typeof stateKey !== 'string') throw new TypeError('a state key that is no text');
  const time = typeof ts === 'number' && Math.abs(ts) <= latest ? ts : Date.now();
  return { type, room, id, sender, ts: time, ...(stateKey === undefined ? {} : { stateKey }), content, raw };
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object inside another one; empty if it is none. */
export function part(of: Json, key: string): Json {
  const value = of[key];
  return isObject(value) ? value : {};
}

/** Undefined if it is no text. */
export function textOf(of: Json, key: string): string | undefined {
  const value = of[key];
  return typeof value === 'string' ? clean(value) : undefined;
}

/** JSON can hold what no database and no XML can: NUL, and half a surrogate pair. */
export function clean(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

/** Room versions before 11 had it beside the content. */
export function redacts({ content, raw }: Event): string | undefined {
  return textOf(content, 'redacts') ?? textOf(raw, 'redacts');
}
