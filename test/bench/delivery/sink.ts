// A process that behaves like a homeserver towards an application service, as far as its cost and its order go: one transaction
// in flight, at most a hundred events in it, an echo of all that is sent, transaction ids that are remembered. It stores nothing.
import { Limits } from './limits.ts';
import { type Content, type Event, MAX_EVENTS, Pusher } from './pusher.ts';
import type { SinkCommand } from './sink-command.ts';
import { type Answer, type Asked, listen } from './sink-door.ts';
import { DIRECT, isDirect, isRetracted, line, lineId, Tally } from './tally.ts';

interface Room {
  readonly id: string;
  readonly number: number;
  readonly members: Map<string, string>;
  readonly log: Event[];
  /** The last line of each native person. */
  readonly said: Map<string, string>;
  /** What a ghost has written into the state of a room of its own making. */
  readonly made?: Content;
}
interface Said {
  readonly sender: string;
  readonly type: string;
  readonly content: Content;
  readonly stateKey?: string;
}
const tally = new Tally();
const rooms = new Map<string, Room>();
const known = new Map<string, string>();
const users = new Set<string>();
const offered = new Map<number, number>();
const pusher = new Pusher();
let settings = { domain: 'sink', latencyMs: [0, 0] as readonly [number, number], isHistoryOpen: true };
const limits = new Limits();
let events = 0;

function emit(room: Room, { sender, type, content, stateKey }: Said): string {
  events += 1;
  const id = `$e${events.toString(36).padStart(8, '0')}`;
  const event = {
    type,
    room_id: room.id,
    sender,
    event_id: id,
    origin_server_ts: Date.now(),
    content,
    ...(stateKey === undefined ? {} : { state_key: stateKey }),
  };
  room.log.push(event);
  pusher.add(event);
  return id;
}

/** The history of a room, backwards. */
function messages(room: Room, query: URLSearchParams): Answer {
  if (!settings.isHistoryOpen) return [403, { errcode: 'M_FORBIDDEN', error: 'nobody reads here' }];
  const end = Number(query.get('from') ?? room.log.length);
  const start = Math.max(0, end - Number(query.get('limit') ?? 10));
  const chunk = room.log.slice(start, end).reverse();
  return [200, { chunk, start: String(end), ...(start > 0 ? { end: String(start) } : {}) }];
}

const notFound: Answer = [404, { errcode: 'M_NOT_FOUND', error: 'not here' }];

function member(room: Room, userId: string, name: string): void {
  if (room.members.get(userId) === name) return;
  room.members.set(userId, name);
  const content = { membership: 'join', displayname: name };
  emit(room, { sender: userId, type: 'm.room.member', content, stateKey: userId });
}

const names = new Map<string, string>();
const localpart = (userId: string): string => userId.slice(1).split(':')[0] ?? '';

function inRoom(room: Room, asked: Asked, userId: string): Answer {
  const [, what = '', ...rest] = asked.path;
  const { method, body, query } = asked;
  if (method === 'PUT' && what === 'send') {
    const key = `${userId} ${query.get('device_id')} ${rest[1]}`;
    const before = known.get(key);
    if (before !== undefined) return [200, { event_id: before }];
    const waitMs = limits.refuses(userId, performance.now());
    if (waitMs > 0) return [429, { errcode: 'M_LIMIT_EXCEEDED', error: 'too many', retry_after_ms: waitMs }];
    const id = emit(room, { sender: userId, type: rest[0] ?? '', content: body });
    known.set(key, id);
    if (typeof body.body === 'string') tally.see(body.body);
    return [200, { event_id: id }];
  }
  if (what === 'joined_members') {
    return [200, { joined: Object.fromEntries([...room.members].map(([id, name]) => [id, { display_name: name }])) }];
  }
  if (what === 'messages') return messages(room, query);
  if (what === 'redact')
    return [200, { event_id: emit(room, { sender: userId, type: 'm.room.redaction', content: { ...body, redacts: rest[0] } }) }];
  if (what === 'invite') return [200, {}];
  if (what === 'leave') {
    const content = { membership: 'leave' };
    if (room.members.delete(userId)) emit(room, { sender: userId, type: 'm.room.member', content, stateKey: userId });
    return [200, {}];
  }
  if (what === 'state') return state(room, asked, rest);
  return notFound;
}

function state(room: Room, { method, body }: Asked, [type = '', key = '']: readonly string[]): Answer {
  if (type === 'm.room.member' && method === 'PUT') {
    member(room, key, String(body.displayname ?? localpart(key)));
    return [200, { event_id: '$state' }];
  }
  if (method === 'PUT') return [200, { event_id: '$state' }];
  if (type === '') return [200, []];
  if (type === 'm.room.join_rules') return [200, { join_rule: 'public' }];
  if (type === 'm.room.power_levels') return [200, {}];
  if (type === 'm.room.create') return [200, { room_version: '11' }];
  if (type === 'im.rialto.direct') return room.made ? [200, room.made] : notFound;
  const name = type === 'm.room.member' ? room.members.get(key) : undefined;
  return name === undefined ? notFound : [200, { membership: 'join', displayname: name }];
}

/** A room of a ghost and one native person, who comes at once; without such a person it has no number. */
function beginChat(ghost: string, { invite = [], initial_state: state = [] }: Content): string {
  const [peer] = invite as string[];
  const id = `!d${rooms.size}:${settings.domain}`;
  const number = DIRECT + Number(/^@d(\d+)/.exec(peer ?? '')?.[1]);
  const made = (state as { content: Content }[])[0]?.content ?? {};
  const room: Room = { id, number, members: new Map(), log: [], said: new Map(), made };
  rooms.set(id, room);
  emit(room, { sender: ghost, type: 'm.room.create', content: { room_version: '11' }, stateKey: '' });
  for (const userId of peer === undefined ? [ghost] : [ghost, peer]) member(room, userId, names.get(userId) ?? localpart(userId));
  return id;
}

async function answer(asked: Asked): Promise<Answer> {
  const [first = '', second = '', third = ''] = asked.path;
  const userId = asked.query.get('user_id') ?? `@rialto:${settings.domain}`;
  switch (first) {
    case 'versions':
      return [200, { versions: ['v1.1', 'v1.11', 'v1.13'] }];
    case 'account':
      return [200, { user_id: userId }];
    case 'appservice': {
      const well = await pusher.send('POST', '/_matrix/app/v1/ping', { transaction_id: asked.body.transaction_id });
      return well ? [200, { duration_ms: 1 }] : [502, { errcode: 'M_CONNECTION_FAILED', error: 'no answer' }];
    }
    case 'register': {
      const made = `@${String(asked.body.username)}:${settings.domain}`;
      if (users.has(made)) return [400, { errcode: 'M_USER_IN_USE', error: 'taken' }];
      users.add(made);
      return [200, { user_id: made }];
    }
    case 'profile':
      if (asked.method === 'PUT') names.set(second, String(asked.body.displayname ?? ''));
      return [200, asked.method === 'PUT' ? {} : { displayname: names.get(second) }];
    case 'directory': {
      const room = [...rooms.values()].find((one) => `#b${one.number}:${settings.domain}` === third);
      return room ? [200, { room_id: room.id, servers: [settings.domain] }] : notFound;
    }
    case 'createRoom':
      return [200, { room_id: beginChat(userId, asked.body) }];
    case 'joined_rooms':
      return [200, { joined_rooms: [...rooms.values()].filter((one) => one.members.has(userId)).map((one) => one.id) }];
    case 'join': {
      const room = rooms.get(second);
      if (!room) return notFound;
      member(room, userId, names.get(userId) ?? localpart(userId));
      return [200, { room_id: room.id }];
    }
    case 'rooms': {
      const room = rooms.get(second);
      return room ? inRoom(room, { ...asked, path: asked.path.slice(1) }, userId) : notFound;
    }
    default:
      return [200, {}];
  }
}

/** Native users say `total` lines, one room after the other, and as many in each direct chat as in a room; gives how many it were. */
async function say(command: SinkCommand & { do: 'push' }): Promise<number> {
  const { run, rooms: count, speakers, from, perSecond, mixed, ms = Number.POSITIVE_INFINITY } = command;
  const all = [...rooms.values()].filter(({ number }) => number < count || isDirect(number));
  const total = Math.ceil(command.total / count) * all.length;
  const started = performance.now();
  let n = 0;
  while (n < total && performance.now() < started + ms) {
    const due = perSecond === 0 ? total : Math.min(total, Math.floor(((performance.now() - started) / 1000) * perSecond) + 1);
    const before = n;
    // A homeserver has no more than this ready while a transaction is on its way.
    for (; n < due && (perSecond > 0 || pusher.waiting < 4 * MAX_EVENTS); n += 1) {
      const room = all[n % all.length];
      const number = from + Math.floor(n / all.length);
      if (room) speak(room, number, { body: line(run, room.number, number), speakers, mixed: mixed === true });
    }
    // To ask again and again would cost the bridge a core.
    await new Promise((resolve) => (perSecond === 0 && n > before ? setImmediate(resolve) : setTimeout(resolve, 1)));
  }
  return n;
}

interface Spoken {
  readonly body: string;
  readonly speakers: number;
  readonly mixed: boolean;
}

function speak(room: Room, number: number, { body, speakers, mixed }: Spoken): void {
  const sender = isDirect(room.number) ? `@d${room.number - DIRECT}:${settings.domain}` : native(room.number, number % speakers);
  const edited = mixed && number % 10 === 4 ? room.said.get(sender) : undefined;
  const content = { msgtype: 'm.text', body };
  const edit = { 'm.new_content': content, 'm.relates_to': { rel_type: 'm.replace', event_id: edited } };
  const id = emit(room, { sender, type: 'm.room.message', content: edited === undefined ? content : { ...content, ...edit } });
  if (edited === undefined) room.said.set(sender, id);
  let times = 1;
  if (mixed && speakers > 1 && !isDirect(room.number) && number % 10 === 7) {
    times += 1;
    emit(room, { sender: native(room.number, (number + 1) % speakers), type: 'm.room.message', content });
  }
  if (mixed && isRetracted(number)) emit(room, { sender, type: 'm.room.redaction', content: { redacts: id } });
  offered.set(lineId(room.number, number), times);
}

const native = (room: number, speaker: number): string => `@m${room}.${speaker}:${settings.domain}`;

function makeRooms(count: number, speakers: number): void {
  for (let number = 0; number < count; number += 1) {
    const id = `!b${number}:${settings.domain}`;
    const people = Array.from({ length: speakers }, (_, n) => [native(number, n), `Member ${number}.${n}`] as const);
    rooms.set(id, { id, number, members: new Map(people), log: [], said: new Map() });
    const room = rooms.get(id);
    if (room) emit(room, { sender: native(number, 0), type: 'm.room.create', content: { room_version: '11' }, stateKey: '' });
  }
}

async function obey(command: SinkCommand): Promise<unknown> {
  switch (command.do) {
    case 'listen': {
      settings = { ...settings, ...command };
      limits.set(command.perUser);
      pusher.to = command;
      return listen(answer, { isAway: () => pusher.isAway, latencyMs: () => settings.latencyMs });
    }
    case 'rooms':
      return makeRooms(command.count, command.speakers);
    case 'start':
      pusher.repeats = command.repeats === true;
      return tally.start(command.run);
    case 'push':
      return say(command);
    case 'die':
      return pusher.die(command.ms);
    case 'turn':
      return pusher.turn(command.bridge);
    case 'pace':
      settings = { ...settings, latencyMs: command.latencyMs };
      return undefined;
    case 'forget':
      return known.clear();
    case 'history':
      settings = { ...settings, isHistoryOpen: command.open };
      return undefined;
    case 'times':
      return { offered: [...offered], told: [], ...tally.times() };
    case 'chats':
      return [...rooms.values()].filter(({ number }) => isDirect(number)).length;
    case 'limits':
      return limits.report();
    case 'report':
      return tally.report();
  }
}

process.on('message', ({ id, command }: { id: number; command: SinkCommand }) => {
  void obey(command).then((result) => process.send?.({ id, result }));
});
process.on('disconnect', () => process.exit(0));
