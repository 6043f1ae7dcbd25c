import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;
interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly headers?: Record<string, string>;
}
interface Stored {
  readonly event_id: string;
  readonly sender: string;
  readonly type: string;
  readonly content: Json;
  readonly origin_server_ts: number;
}
interface FakeRoom {
  readonly id: string;
  readonly members: Map<string, { membership: string; displayname?: string }>;
  /** By type, with a space and the state key where there is one. */
  readonly state: Map<string, Json>;
  readonly events: Stored[];
  joinRule: 'public' | 'invite';
  inviteForbidden: boolean;
  stateForbidden: boolean;
  readonly silenced: Set<string>;
}

const forbidden = (error: string): Answer => ({ status: 403, body: { errcode: 'M_FORBIDDEN', error } });
const missing: Answer = { status: 404, body: { errcode: 'M_NOT_FOUND', error: 'no such thing' } };

/** Answers as Synapse 1.163 was seen to answer, on a loopback port of its own. Transaction ids: in memory by path, and for good by device. */
export class FakeHomeserver {
  readonly rooms = new Map<string, FakeRoom>();
  readonly aliases = new Map<string, string>();
  readonly accounts = new Map<string, { displayname?: string; devices: Set<string> }>();
  readonly asked: string[] = [];
  /** The next sends are answered so. */
  readonly instead: (Answer | 'hang up after doing it')[] = [];
  token = 'as-token-0123456789';
  makesDevices = true;
  /** So many requests for the history of a room are answered with an error. */
  historyFails = 0;
  /** So many joins are answered that they come too fast. */
  joinsTooFast = 0;
  tooFastMs = 20;
  down = false;
  private readonly inMemory = new Map<string, string>();
  private readonly byDevice = new Map<string, string>();
  private readonly server: Server;
  private count = 0;

  constructor() {
    this.server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += String(chunk);
      });
      request.on('end', () => {
        const answer = this.down ? 'hang up' : this.answer(request, text === '' ? {} : (JSON.parse(text) as Json));
        if (typeof answer === 'string') return void request.socket.destroy();
        response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
        response.end(JSON.stringify(answer.body));
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  restart(): void {
    this.inMemory.clear();
  }

  room(id: string, joinRule: 'public' | 'invite' = 'public'): FakeRoom {
    const state = new Map<string, Json>([['m.room.join_rules', { join_rule: joinRule }]]);
    const may = { inviteForbidden: false, stateForbidden: false, silenced: new Set<string>() };
    const room: FakeRoom = { id, members: new Map(), state, events: [], joinRule, ...may };
    this.rooms.set(id, room);
    return room;
  }

  private answer(request: IncomingMessage, body: Json): Answer | 'hang up' {
    const url = new URL(request.url ?? '', 'http://hs');
    const path = decodeURIComponent(url.pathname);
    this.asked.push(`${request.method} ${path}`);
    if (path === '/_matrix/client/versions') return { status: 200, body: { versions: ['v1.13'] } };
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      return { status: 401, body: { errcode: 'M_UNKNOWN_TOKEN', error: 'Invalid access token passed.' } };
    }
    const user = url.searchParams.get('user_id') ?? '@rialto:hs';
    const [, area = '', ...rest] = path.replace(/^\/_matrix\/client\/v[13]/, '').split('/');
    switch (area) {
      case 'account':
        return { status: 200, body: { user_id: user } };
      case 'appservice':
        return { status: 200, body: { duration_ms: 1 } };
      case 'register':
        return this.register(String(body.username));
      case 'devices':
        return this.device(user, String(rest[0]));
      case 'profile':
        return this.profile(user, body);
      case 'directory':
        return this.alias(rest.slice(1).join('/'));
      case 'join':
        return this.join(String(rest[0]), user);
      case 'rooms':
        return this.inRoom(request, { user, device: url.searchParams.get('device_id'), rest, body, path });
      default:
        return missing;
    }
  }

  private register(username: string): Answer {
    const id = `@${username}:hs`;
    if (this.accounts.has(id)) return { status: 400, body: { errcode: 'M_USER_IN_USE', error: 'taken' } };
    this.accounts.set(id, { devices: new Set() });
    return { status: 200, body: { user_id: id } };
  }

  private device(user: string, id: string): Answer {
    if (!this.makesDevices) return missing;
    this.accounts.get(user)?.devices.add(id);
    return { status: 201, body: {} };
  }

  private profile(user: string, body: Json): Answer {
    const account = this.accounts.get(user);
    if (account) account.displayname = String(body.displayname);
    return { status: 200, body: {} };
  }

  private alias(alias: string): Answer {
    const id = this.aliases.get(alias);
    return id === undefined ? missing : { status: 200, body: { room_id: id, servers: ['hs'] } };
  }

  private join(id: string, user: string): Answer {
    const room = this.rooms.get(id);
    if (!room) return { status: 404, body: { errcode: 'M_UNKNOWN', error: "Can't join remote room" } };
    if (this.joinsTooFast > 0) {
      this.joinsTooFast -= 1;
      return { status: 429, body: { errcode: 'M_LIMIT_EXCEEDED', error: 'Too Many Requests', retry_after_ms: this.tooFastMs } };
    }
    if (!this.accounts.has(user)) return forbidden('Application service has not registered this user');
    const membership = room.members.get(user)?.membership;
    if (membership === 'ban') return forbidden(`${user} is banned from the room`);
    if (room.joinRule === 'invite' && membership !== 'invite' && membership !== 'join') return forbidden('You are not invited');
    const { displayname } = this.accounts.get(user) ?? {};
    if (membership !== 'join')
      room.members.set(user, { membership: 'join', ...(displayname === undefined ? {} : { displayname }) });
    return { status: 200, body: { room_id: id } };
  }

  private inRoom(
    request: IncomingMessage,
    call: { user: string; device: string | null; rest: string[]; body: Json; path: string },
  ) {
    const [id = '', action = '', ...more] = call.rest;
    const room = this.rooms.get(id);
    const isIn = room?.members.get(call.user)?.membership === 'join';
    if (!room || (!isIn && action !== 'leave')) return forbidden(`User ${call.user} not in room ${id}`);
    switch (action) {
      case 'joined_members': {
        const joined = [...room.members].filter(([, one]) => one.membership === 'join');
        return {
          status: 200,
          body: { joined: Object.fromEntries(joined.map(([who, one]) => [who, { display_name: one.displayname }])) },
        };
      }
      case 'state':
        return request.method === 'PUT' ? this.setState(room, call.user, more, call.body) : this.state(room, more);
      case 'invite': {
        if (room.inviteForbidden) return forbidden("You don't have permission to invite users");
        room.members.set(String(call.body.user_id), { membership: 'invite' });
        return { status: 200, body: {} };
      }
      case 'leave':
        room.members.delete(call.user);
        return { status: 200, body: {} };
      case 'messages':
        this.historyFails -= 1;
        if (this.historyFails >= 0) return { status: 502, body: {} };
        return { status: 200, body: { chunk: [...room.events].reverse() } };
      case 'event': {
        const event = room.events.find((one) => one.event_id === more[0]);
        return event ? { status: 200, body: { ...event } } : missing;
      }
      case 'send':
        return this.send(room, more, call);
      default:
        return missing;
    }
  }

  private setState(room: FakeRoom, user: string, [type = '', ...key]: string[], body: Json): Answer {
    if (type === 'm.room.member') {
      room.members.set(key.join('/'), { membership: 'join', displayname: String(body.displayname) });
    } else if (room.stateForbidden) return forbidden(`${user} may not`);
    else room.state.set(`${type} ${key.join('/')}`.trim(), body);
    return { status: 200, body: { event_id: this.newId() } };
  }

  private state(room: FakeRoom, [type = '', key = '']: string[]): Answer {
    if (type === '') {
      const all = [...room.state].map(([name, content]) => {
        const [kind = '', stateKey = ''] = name.split(/ (.*)/s);
        return { type: kind, state_key: stateKey, sender: '@alice:hs', content };
      });
      return { status: 200, body: all as unknown as Json };
    }
    const found = type === 'm.room.member' ? room.members.get(key) : room.state.get(type);
    return found ? { status: 200, body: { ...found } } : missing;
  }

  private send(
    room: FakeRoom,
    [type = '', txn = '']: string[],
    call: { user: string; device: string | null; body: Json; path: string },
  ) {
    const { user, device, body, path } = call;
    const account = this.accounts.get(user);
    if (device !== null && !account?.devices.has(device)) {
      return { status: 400, body: { errcode: 'M_UNKNOWN_DEVICE', error: 'unknown device' } };
    }
    const instead = this.instead.shift();
    if (instead !== undefined && typeof instead !== 'string') return instead;
    if (room.silenced.has(user)) return forbidden("You don't have permission to post that to the room");
    const stored = device === null ? undefined : `${room.id} ${user} ${device} ${txn}`;
    const known = this.inMemory.get(path) ?? (stored === undefined ? undefined : this.byDevice.get(stored));
    const id = known ?? this.newId();
    if (known === undefined) room.events.push({ event_id: id, sender: user, type, content: body, origin_server_ts: Date.now() });
    this.inMemory.set(path, id);
    if (stored !== undefined) this.byDevice.set(stored, id);
    return instead === undefined ? { status: 200, body: { event_id: id } } : ('hang up' as const);
  }

  private newId(): string {
    this.count += 1;
    return `$event${this.count}`;
  }
}
