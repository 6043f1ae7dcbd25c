import type { Address } from '../../../cpim/address.ts';
import { reason } from '../../../cpim/reasons.ts';
import type { Attached, Endpoint, Ghost, Host, Outcome, Pair, Refused } from '../../network.ts';
import { isRoomId, isUserId, roomAddress, userUri } from '../address.ts';
import type { MatrixConfig } from '../config.ts';
import { type Event, isObject, part, textOf } from '../event.ts';
import { parseGhost } from '../ids.ts';
import { sayHere } from '../outbox/tell.ts';
import type { Accounts } from '../people/accounts.ts';
import type { People } from '../people/people.ts';
import { type Client, type Fault, isPassing, roomPath } from '../wire/client.ts';
import { outcomeOf, reasonOf } from '../wire/faults.ts';
import { Room, type Rooms } from './rooms.ts';

export interface DirectIn {
  readonly host: Host;
  readonly client: Client;
  readonly accounts: Accounts;
  readonly people: People;
  readonly rooms: Rooms;
  readonly config: MatrixConfig;
}

/** In the state of a room that we made: whose it is, so that a crash behind its making does not make a second one. */
const stateType = 'im.rialto.direct';

/** The place of a chat that has no room yet: both ids, apart by a space, which no id holds. Undefined: that is nobody. */
export function directPlace(pair: Pair): Address | undefined {
  return isUserId(pair.peer) ? { uri: userUri(pair.peer), native: `${pair.peer} ${pair.ghost}` } : undefined;
}

/** Rooms of one person and one ghost. The bot is not in them: the ghost looks, and speaks, for itself. */
export class DirectRooms {
  private readonly opening = new Map<number, Promise<Room | Outcome>>();

  constructor(private readonly parts: DirectIn) {}

  /** One that is not new is as we left it: what has changed there comes as an event. */
  async attach(at: Endpoint, from: string | undefined): Promise<Attached | Refused> {
    const { rooms } = this.parts;
    const done: Attached = { kind: 'attached', warnings: [] };
    // There is no room yet: the first line makes it.
    if (!isRoomId(at.address.native)) return done;
    const found = await rooms.find(at.address.native);
    const room = found?.at.id === at.id ? found : new Room(at.address.native, at);
    if (from !== undefined && room === found) {
      rooms.adopt(room);
      return done;
    }
    await rooms.add(room);
    const why = await this.enter(room, at.settings.direct ?? { peer: '', ghost: '' });
    return why ? { kind: 'refused', why } : done;
  }

  /** The room of a chat, made if there is none; or why there can be none. */
  open(at: Endpoint, pair: Pair, ghost: Ghost): Promise<Room | Outcome> {
    const opening = this.opening.get(at.id) ?? this.made(at, pair, ghost).finally(() => this.opening.delete(at.id));
    this.opening.set(at.id, opening);
    return opening;
  }

  /** A ghost was invited to a room that nobody has linked. Rejects if nobody can say now what becomes of it. */
  async invited({ room: id, sender: peer, stateKey: ghost = '', content }: Event): Promise<void> {
    const { accounts, config, host, people, rooms } = this.parts;
    const name = parseGhost(ghost, { prefix: config.ghostPrefix, domain: config.domain });
    if (!name) return;
    if (content.is_direct !== true || !('native' in name)) {
      // A room of many is linked by people who may do so.
      await accounts.ensure(ghost);
      await accounts.leave(ghost, id);
      return;
    }
    const pair = { peer, ghost };
    const other = { network: name.network, native: name.native };
    const met = await host.meet({ address: roomAddress(id), pair, peer: people.sender(id, peer), other });
    if (!('code' in met)) return rooms.has(met) ? undefined : rooms.add(new Room(id, met));
    await accounts.ensure(ghost, name.native);
    await accounts.join(ghost, id);
    await this.part(
      new Room(id, { id: 0, room: 0, network: '', address: roomAddress(id), settings: { seats: 'speak', direct: pair } }),
      met.text ?? met.code,
    );
  }

  /** The chat is over, on our side. */
  async leave(room: Room, { ghost }: Pair): Promise<void> {
    const left = await this.parts.accounts.leave(ghost, room.id);
    if (left.kind === 'fault') this.parts.host.log.warn('a ghost could not leave a direct chat', { errcode: left.errcode });
  }

  /** Into a room that somebody has made for the two. The reason: it cannot be used, and that has been said there. */
  private async enter(room: Room, { peer, ghost }: Pair): Promise<Refused['why'] | undefined> {
    const { accounts, client, config } = this.parts;
    const name = parseGhost(ghost, { prefix: config.ghostPrefix, domain: config.domain });
    const account = await accounts.ensure(ghost, name && 'native' in name ? name.native : undefined);
    if ('kind' in account) return reasonOf(account);
    const joined = await accounts.join(ghost, room.id);
    if (joined.kind === 'fault')
      return isPassing(joined) ? reasonOf(joined) : reason('forbidden', 'the ghost is not in the room any more');
    room.seats.set(ghost, account.name);
    const members = await client.call('GET', roomPath(room.id, 'joined_members'));
    if (members.kind === 'fault') return reasonOf(members);
    const here = part(members.body, 'joined');
    this.parts.people.learn(room.id, peer, textOf(part(here, peer), 'display_name'));
    const others = Object.keys(here).filter((userId) => userId !== ghost && userId !== peer);
    const encrypted = await client.call('GET', roomPath(room.id, 'state', 'm.room.encryption'));
    if (encrypted.kind === 'fault' && isPassing(encrypted)) return reasonOf(encrypted);
    if (encrypted.kind === 'ok')
      return this.declined(room, 'encrypted', 'I cannot read encrypted rooms: begin a chat without encryption');
    if (others.length > 0)
      return this.declined(room, 'unsupported', 'I can talk to one person only: begin a direct chat, or have the room linked');
    return undefined;
  }

  private async declined(room: Room, code: 'encrypted' | 'unsupported', text: string): Promise<Refused['why']> {
    await this.part(room, text);
    return reason(code, text);
  }

  private async part(room: Room, text: string): Promise<void> {
    const { accounts, client, rooms } = this.parts;
    const { direct } = room.at.settings;
    rooms.look(room);
    await sayHere(room, client, accounts, { msgtype: 'm.notice', body: text });
    if (direct) await this.leave(room, direct);
  }

  private async made(at: Endpoint, pair: Pair, ghost: Ghost): Promise<Room | Outcome> {
    const { accounts, client, host, rooms } = this.parts;
    const account = await accounts.ensure(pair.ghost, ghost.name);
    if ('kind' in account) return outcomeOf(account, 'entry');
    const profile = await client.call('GET', `/_matrix/client/v3/profile/${encodeURIComponent(pair.peer)}`);
    if (profile.kind === 'fault' && profile.status === 404) {
      return { kind: 'refused', why: reason('unknown-target', `there is no ${pair.peer}`), scope: 'entry' };
    }
    if (profile.kind === 'fault' && isPassing(profile)) return outcomeOf(profile, 'entry');
    const id = (await this.unfinished(at, pair)) ?? (await this.create(pair));
    if (typeof id !== 'string') return outcomeOf(id, 'entry');
    await host.moved(at, roomAddress(id));
    const room = new Room(id, { ...at, address: roomAddress(id) });
    room.seats.set(pair.ghost, account.name);
    await rooms.add(room);
    await host.notes.set(note(at), '');
    return room;
  }

  private async create({ peer, ghost }: Pair): Promise<string | Fault> {
    const reply = await this.parts.client.call('POST', '/_matrix/client/v3/createRoom', {
      query: { user_id: ghost },
      body: {
        preset: 'trusted_private_chat',
        is_direct: true,
        invite: [peer],
        initial_state: [{ type: stateType, state_key: '', content: { peer, ghost } }],
      },
      ms: 30_000,
      may: () => this.parts.host.isOwner(),
    });
    if (reply.kind === 'fault') return reply;
    return textOf(reply.body, 'room_id') ?? { kind: 'fault', status: 0, errcode: '', text: 'the homeserver names no room' };
  }

  /** The room that a process before this one has made and could not note; looked for only if it had begun. */
  private async unfinished(at: Endpoint, { peer, ghost }: Pair): Promise<string | Fault | undefined> {
    const { client, host } = this.parts;
    const hasBegun = await host.notes.get(note(at));
    await host.notes.set(note(at), 'begun');
    if (!hasBegun) return undefined;
    const joined = await client.call('GET', '/_matrix/client/v3/joined_rooms', { query: { user_id: ghost } });
    if (joined.kind === 'fault') return joined;
    for (const id of Array.isArray(joined.body.joined_rooms) ? joined.body.joined_rooms.map(String) : []) {
      const state = await client.call('GET', roomPath(id, 'state', stateType, ''), { query: { user_id: ghost } });
      if (state.kind === 'ok' && isObject(state.body) && state.body.peer === peer && state.body.ghost === ghost) return id;
    }
    return undefined;
  }
}

function note({ id }: Endpoint): string {
  return `direct ${id}`;
}
