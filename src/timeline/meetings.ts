import type { Address } from '../cpim/address.ts';
import { type Reason, reason } from '../cpim/reasons.ts';
import type { Database } from '../db.ts';
import type { Meeting } from '../networks/network.ts';
import type { Networks } from '../rooms/networks.ts';
import { createDirect, type EndpointRow, endpointByAddress, readdress } from '../rooms/room.store.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { Allowance } from '../tenancy/allowance.ts';

export interface MeetingsParts {
  readonly db: Database;
  readonly tenant: number;
  readonly rooms: Rooms;
  readonly networks: Networks;
  /** False: nobody is spoken to alone through this bridge. */
  readonly isAllowed: boolean;
  /** A new room has these endpoints. */
  made(endpoints: readonly EndpointRow[]): void;
}

const notAllowed = reason('policy', 'this bridge carries what is said in rooms, and nothing to one person: write in the room');
const tooMany = reason('overload', 'too many new chats in a short time: try again in some minutes');
/** New chats an hour: more would be somebody who writes to all the world. Each is a room, an invitation and rows that stay. */
const OF_ONE_PERSON = 60;
const OF_ONE_SERVER = 1000;

/** Direct chats: nobody links them, they are there as soon as somebody writes to a ghost. */
export class Meetings {
  private readonly parts: MeetingsParts;
  private readonly persons = new Allowance({ anHour: OF_ONE_PERSON });
  private readonly servers = new Allowance({ anHour: OF_ONE_SERVER });
  private turn: Promise<unknown> = Promise.resolve();

  constructor(parts: MeetingsParts) {
    this.parts = parts;
  }

  /** See `Host.meet`. One after the other: two lines at once, or lines of both sides, make one room. */
  meet(network: string, meeting: Meeting): Promise<EndpointRow | Reason> {
    const met = this.turn.then(() => this.now(network, meeting));
    this.turn = met.catch(() => undefined);
    return met;
  }

  /** See `Host.moved`. */
  async moved(at: EndpointRow, address: Address): Promise<void> {
    if (at.address.native === address.native) return;
    await readdress(this.parts.db, at, address);
    at.address = address;
  }

  private async now(network: string, { address, pair, peer, other }: Meeting): Promise<EndpointRow | Reason> {
    const { db, tenant, networks, isAllowed } = this.parts;
    const known = await this.find(network, address.native);
    if (known) return known.state === 'active' ? known : reason('gone', 'this chat is being closed: try again in a minute');
    if (!isAllowed) return notAllowed;
    const [here, there] = [networks.find(network), networks.find(other.network)];
    if (!here || !there || here === there) return reason('unknown-target', `${other.network} is no other network of this bridge`);
    const { key, weak, address: from } = peer;
    const ghost = there.network.ghostFor({ network, key, weak, ...(from ? { address: from } : {}) });
    const theirs = { peer: other.native, ghost: ghost.native };
    const beyond = there.network.direct?.(theirs);
    if (!beyond) return reason('unknown-target', `${other.native} is nobody on ${other.network}`);
    if (await this.find(other.network, beyond.native)) {
      return reason('already-linked', `there is a direct chat with ${other.native} already: write there, or leave it`);
    }
    const [person, server] = [`${network} ${key}`, `${network} ${from?.uri.split('@').pop() ?? key}`];
    if (!this.persons.has(person) || !this.servers.has(server)) return tooMany;
    const made = await createDirect(db, tenant, [
      { networkId: here.id, network, address, settings: { seats: 'speak', direct: pair } },
      { networkId: there.id, network: other.network, address: beyond, settings: { seats: 'speak', direct: theirs } },
    ]);
    this.persons.take(person);
    this.servers.take(server);
    this.parts.made(made);
    return made[0] ?? reason('internal');
  }

  private async find(network: string, native: string): Promise<EndpointRow | undefined> {
    const id = await endpointByAddress(this.parts.db, this.parts.tenant, network, native);
    return id === undefined ? undefined : this.parts.rooms.endpoint(id);
  }
}
