import { type Reason, reason } from '../../../cpim/reasons.ts';
import type { Attached, Endpoint, Host, Refused, Sender, Wish } from '../../network.ts';
import { isAlias, isUserId, roomAddress } from '../address.ts';
import { isObject, type Json, part, textOf } from '../event.ts';
import type { Accounts } from '../people/accounts.ts';
import type { People } from '../people/people.ts';
import { type Client, type Fault, isPassing, type Reply, roomPath } from '../wire/client.ts';
import { reasonOf } from '../wire/faults.ts';
import { Room, type Rooms } from './rooms.ts';
import { isOpen, suitable } from './suitable.ts';

const tries = 3;
const longestWait = 10_000;
const servers = 5;

export interface DoorParts {
  readonly host: Host;
  readonly client: Client;
  readonly accounts: Accounts;
  readonly people: People;
  readonly rooms: Rooms;
}

interface Found {
  readonly id: string;
  readonly via: readonly string[];
}

interface Entered {
  /** As `joined_members` gives them. */
  readonly members: Json;
  /** The bot was not there before. */
  readonly isFresh: boolean;
}

/** How the bot enters a room, and what it sees there. */
export class Door {
  constructor(private readonly parts: DoorParts) {}

  async attach(at: Endpoint, from: string | undefined, wish: Wish = { beside: [], accept: [] }): Promise<Attached | Refused> {
    const found = await this.resolve(at.address.native);
    if ('code' in found) return refuse(found);
    // Two aliases, or the alias of a link that by now has the id for its address.
    if (this.parts.rooms.isTaken(found.id, at))
      return refuse(reason('already-linked', 'this room is linked already: unlink it first'));
    const isNew = from === undefined && !(await this.parts.rooms.wasLinked(found.id, at));
    const entered = await this.enter(found);
    if ('code' in entered) return refuse(entered);
    const warnings = isNew ? await this.suits(found.id, entered, wish) : [];
    if ('kind' in warnings) return warnings;
    const room = new Room(found.id, at);
    if (!isNew) await this.secrecy(room);
    await this.seats(room, entered.members);
    await this.parts.rooms.add(room);
    await this.parts.host.accept([{ kind: 'roster', at, members: this.roster(room.id, entered.members) }]);
    const marker = isNew ? await this.newest(found.id) : undefined;
    const address = found.id === at.address.native ? {} : { address: roomAddress(found.id) };
    const { trouble } = room.secrecy;
    return {
      kind: 'attached',
      ...address,
      ...(marker === undefined ? {} : { marker }),
      ...(trouble ? { trouble } : {}),
      warnings,
    };
  }

  private async resolve(native: string): Promise<Found | Reason> {
    if (!isAlias(native)) {
      const server = /^![^:]*:(.+)$/.exec(native)?.[1];
      return { id: native, via: server === undefined ? [] : [server] };
    }
    const path = `/_matrix/client/v3/directory/room/${encodeURIComponent(native)}`;
    const reply = await patiently(() => this.parts.client.call('GET', path, { ms: 30_000 }));
    if (reply.kind === 'fault') {
      return reply.status === 404
        ? reason('unknown-target', `there is no room with the alias ${native}: check it, or make the room first`)
        : reasonOf(reply);
    }
    const id = textOf(reply.body, 'room_id');
    const via = Array.isArray(reply.body.servers) ? reply.body.servers.filter((one) => typeof one === 'string') : [];
    return id === undefined ? reason('unknown-target', `${native} leads to no room`) : { id, via: via.slice(0, servers) };
  }

  /** Who is there; the bot has entered, if it was not there before. */
  private async enter({ id, via }: Found): Promise<Entered | Reason> {
    const { accounts } = this.parts;
    const before = await this.members(id);
    if (before.kind === 'ok') return { members: part(before.body, 'joined'), isFresh: false };
    if (isPassing(before)) return reasonOf(before);
    let joined = await patiently(() => accounts.join(accounts.bot, id, via));
    // People invite the bot and link the room in one breath: the invitation may come second.
    for (let n = 1; n < tries && isShut(joined); n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * n));
      joined = await patiently(() => accounts.join(accounts.bot, id, via));
    }
    if (joined.kind === 'fault') return this.shut(joined, id);
    const after = await this.members(id);
    return after.kind === 'ok' ? { members: part(after.body, 'joined'), isFresh: true } : reasonOf(after);
  }

  private shut(fault: Fault, id: string): Reason {
    const { bot } = this.parts.accounts;
    if (isPassing(fault)) return reasonOf(fault);
    if (fault.status !== 403) {
      return reason('unknown-target', `the homeserver cannot enter ${id}: give an alias of the room, or invite ${bot} to it`);
    }
    if (/banned/i.test(fault.text)) return reason('banned', `the bot is banned from the room: lift the ban on ${bot}`);
    return reason('forbidden', `the bot may not enter: invite ${bot} to the room`);
  }

  private members(id: string): Promise<Reply> {
    return patiently(() => this.parts.client.call('GET', roomPath(id, 'joined_members'), { ms: 30_000 }));
  }

  /** If not, the bot leaves, unless somebody would have to invite it again after the remedy. */
  private async suits(id: string, { members, isFresh }: Entered, wish: Wish): Promise<Refused | string[]> {
    const { client, accounts, people } = this.parts;
    // All of it, since nobody knows the keys of the state events of other bridges.
    const reply = await patiently(() => client.call('GET', roomPath(id, 'state'), { ms: 30_000 }));
    if (reply.kind === 'fault') return refuse(reasonOf(reply));
    const state = Array.isArray(reply.body.list) ? reply.body.list.filter(isObject) : [];
    const isOurs = (userId: string): boolean => people.isOurs(userId);
    const verdict = suitable({ state, members: Object.keys(members), bot: accounts.bot, isOurs }, wish);
    const isHopeless = 'kind' in verdict && verdict.why.code === 'encrypted';
    if ('kind' in verdict && isFresh && (isOpen(state) || isHopeless)) await accounts.leave(accounts.bot, id);
    return verdict;
  }

  /** A room that was linked before may have been encrypted meanwhile. */
  private async secrecy(room: Room): Promise<void> {
    await this.parts.rooms.readSecrecy(room);
    const path = roomPath(room.id, 'state', 'm.room.encryption');
    const encrypted = await patiently(() => this.parts.client.call('GET', path));
    if (encrypted.kind === 'ok') room.secrecy.begin();
  }

  /** Which of the ghosts that sat here sit here still. */
  private async seats(room: Room, members: Json): Promise<void> {
    const { host } = this.parts;
    for (const seat of await host.seats.of(room.at)) {
      const userId = seat.ghost.address.native;
      if (userId in members) room.seats.set(userId, textOf(part(members, userId), 'display_name') ?? seat.nick);
      else await host.seats.drop(room.at, seat.ghost);
    }
  }

  private roster(id: string, members: Json): Sender[] {
    const { people } = this.parts;
    const natives = Object.entries(members).filter(([userId]) => isUserId(userId) && !people.isOurs(userId));
    return natives.map(([userId, profile]) => {
      people.learn(id, userId, isObject(profile) ? textOf(profile, 'display_name') : undefined);
      return people.sender(id, userId);
    });
  }

  private async newest(id: string): Promise<string | undefined> {
    const page = await this.parts.client.call('GET', roomPath(id, 'messages'), { query: { dir: 'b', limit: '1' } });
    const chunk = page.kind === 'ok' && Array.isArray(page.body.chunk) ? page.body.chunk : [];
    return isObject(chunk[0]) ? textOf(chunk[0], 'event_id') : undefined;
  }
}

function isShut(reply: Reply): boolean {
  return reply.kind === 'fault' && reply.status === 403 && !/banned/i.test(reply.text);
}

function refuse(why: Reason): Refused {
  return { kind: 'refused', why };
}

async function patiently(work: () => Promise<Reply>): Promise<Reply> {
  for (let n = 1; ; n += 1) {
    const reply = await work();
    if (reply.kind === 'ok' || !isPassing(reply) || n === tries) return reply;
    await new Promise((resolve) => setTimeout(resolve, Math.min(reply.retryAfterMs ?? 1000 * n, longestWait)));
  }
}
