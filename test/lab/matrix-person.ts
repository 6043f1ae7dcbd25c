import {
  ClientEvent,
  createClient,
  Filter,
  KnownMembership,
  type MatrixClient,
  type MatrixEvent,
  Method,
  type Room,
  RoomEvent,
  SyncState,
} from 'matrix-js-sdk';
import { logger } from 'matrix-js-sdk/lib/logger.js';
import type { Coming, Line, Person } from './person.ts';
import { until } from './process.ts';

export interface MatrixLogin {
  readonly url: string;
  readonly domain: string;
  readonly name: string;
  readonly password: string;
}

// What the library says to its developers is nothing for ours. Its other loggers take their methods from this one.
const quiet = logger as unknown as { methodFactory: () => () => void; setLevel(level: string, persist: boolean): void };
quiet.methodFactory = () => () => {};
quiet.setLevel('silent', false);

/** A session by password, always on the same device. */
export async function session(login: MatrixLogin): Promise<{ userId: string; token: string; device: string }> {
  const identifier = { type: 'm.id.user', user: login.name };
  const body = JSON.stringify({ type: 'm.login.password', identifier, password: login.password, device_id: 'LAB' });
  const answer = await fetch(`${login.url}/_matrix/client/v3/login`, { method: 'POST', body });
  const { user_id: userId, access_token: token, device_id: device } = (await answer.json()) as Record<string, string>;
  if (!userId || !token || !device) throw new Error(`${login.name} cannot log in at ${login.url}: ${answer.status}`);
  return { userId, token, device };
}

/** Somebody with matrix-js-sdk, the library under Element. */
export class MatrixPerson implements Person {
  readonly side = 'matrix';
  readonly userId: string;
  readonly accessToken: string;
  readonly deviceId: string;
  readonly client: MatrixClient;
  name: string;
  private readonly lines = new Map<string, Line[]>();
  private readonly came = new Map<string, Coming[]>();
  private readonly seen = new Set<string>();
  private readonly from = Date.now();

  private constructor(client: MatrixClient, login: MatrixLogin & { userId: string; token: string; device: string }) {
    this.client = client;
    this.userId = login.userId;
    this.accessToken = login.token;
    this.deviceId = login.device;
    this.name = login.name.charAt(0).toUpperCase() + login.name.slice(1);
    client.on(RoomEvent.Timeline, (event, room, toStart) => {
      if (toStart === true) return;
      this.come(event, room);
      this.take(event, room);
    });
    client.on(RoomEvent.LocalEchoUpdated, (event, room) => this.take(event, room));
  }

  static async login(login: MatrixLogin): Promise<MatrixPerson> {
    const { userId, token, device } = await session(login);
    const client = createClient({ baseUrl: login.url, userId, accessToken: token, deviceId: device, timelineSupport: false });
    const person = new MatrixPerson(client, { ...login, userId, token, device });
    await client.setDisplayName(person.name);
    const filter = new Filter(userId);
    filter.setDefinition({ room: { timeline: { limit: 2000 }, state: { lazy_load_members: false } } });
    let synced = false;
    client.on(ClientEvent.Sync, (state) => {
      if (state === SyncState.Prepared || state === SyncState.Syncing) synced = true;
    });
    await client.startClient({ initialSyncLimit: 2000, filter, threadSupport: false });
    await until(`${person.name} is in sync`, () => synced);
    return person;
  }

  /** A public room of the homeserver's default version with an alias; this person is its creator. */
  async createRoom(alias: string, invite: readonly string[]): Promise<string> {
    const options = { room_alias_name: alias, name: alias, preset: 'public_chat', visibility: 'private', invite: [...invite] };
    const { room_id: id } = await this.client.createRoom(options as Parameters<MatrixClient['createRoom']>[0]);
    return id;
  }

  async resolve(alias: string): Promise<string | undefined> {
    const found = await this.client.getRoomIdForAlias(alias).catch(() => undefined);
    return found?.room_id;
  }

  async join(room: string): Promise<void> {
    await this.client.joinRoom(room);
    await until(`${this.name} is in ${room}`, () => this.client.getRoom(room)?.getMyMembership() === KnownMembership.Join);
  }

  heard(room: string): readonly Line[] {
    return this.lines.get(room) ?? [];
  }

  present(room: string): readonly string[] {
    return (this.client.getRoom(room)?.getJoinedMembers() ?? []).map((member) => member.rawDisplayName);
  }

  comings(room: string): readonly Coming[] {
    return this.came.get(room) ?? [];
  }

  async say(room: string, text: string): Promise<void> {
    await this.client.sendTextMessage(room, text);
  }

  async emote(room: string, text: string): Promise<void> {
    await this.client.sendEmoteMessage(room, text);
  }

  /** An event of any type, as it is, also where the library would encrypt it; its id. */
  async send(room: string, type: string, content: object): Promise<string> {
    const steps = ['rooms', room, 'send', type, this.client.makeTxnId()].map(encodeURIComponent);
    const sent = await this.client.http.authedRequest<{ event_id: string }>(
      Method.Put,
      `/${steps.join('/')}`,
      undefined,
      content,
    );
    return sent.event_id;
  }

  async rename(name: string): Promise<void> {
    await this.client.setDisplayName(name);
  }

  async leave(room: string): Promise<void> {
    await this.client.leave(room);
  }

  async close(): Promise<void> {
    this.client.stopClient();
  }

  private come(event: MatrixEvent, room: Room | undefined): void {
    if (!room || event.getType() !== 'm.room.member') return;
    const { membership } = event.getContent();
    if (membership === event.getPrevContent().membership) return;
    const change = membership === 'join' ? 'came' : 'left';
    this.came.set(room.roomId, [...this.comings(room.roomId), { who: event.getStateKey() ?? '', change }]);
  }

  /** Lines from before this client was started are not counted: `from` is when it was. */
  private take(event: MatrixEvent, room: Room | undefined): void {
    const id = event.getId();
    // A line of our own has a status until the server has given it back.
    if (!room || id === undefined || event.isState() || event.status !== null || this.seen.has(id)) return;
    this.seen.add(id);
    const { body, msgtype } = event.getContent();
    if (typeof body !== 'string' || event.getTs() < this.from) return;
    const lines = this.lines.get(room.roomId) ?? [];
    this.lines.set(room.roomId, lines);
    const text = msgtype === 'm.emote' ? `/me ${body}` : body;
    lines.push({ by: event.sender?.rawDisplayName ?? event.getSender() ?? '', text, at: Date.now(), id });
  }
}
