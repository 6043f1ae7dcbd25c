import { z } from 'zod';
import type { Capabilities } from '../cpim/capabilities.ts';
import type { ReasonCode } from '../cpim/reasons.ts';
import type { Database } from '../db.ts';
import { consents } from '../networks/network.ts';
import type { Networks } from '../rooms/networks.ts';
import { type EndpointRow, endpointByAddress, keepFor, shownPlace } from '../rooms/room.store.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { LinkRefused, type Links, type Place } from '../timeline/links.ts';
import { type Backlog, backlogs } from '../timeline/trace.store.ts';
import { type Command, type CommandBook, CommandError, type Failure } from './registry.ts';

export interface LinkParts {
  readonly db: Database;
  readonly tenant: number;
  readonly networks: Networks;
  readonly rooms: Rooms;
  readonly links: Links;
}

/** One endpoint of a link, as `links` shows it; in a direct chat its address is that of the person there. */
export interface LinkedEndpoint {
  readonly network: string;
  readonly protocol: string;
  readonly address: string;
  readonly state: string;
  /** What we may promise for what goes there. */
  readonly class: string;
  /** Lines that this endpoint still has to get. */
  readonly waiting: number;
  /** Age of the oldest of them, in seconds. */
  readonly lagSeconds: number;
  readonly trouble?: string;
}

/** What people type → a network and its canonical address. `name:address` where more than one network could be meant. */
function place(networks: Networks, text: string): Place {
  const fits: Place[] = [];
  for (const { name, protocol } of networks.all()) {
    const rest = text.startsWith(`${name}:`) ? text.slice(name.length + 1) : undefined;
    const named = rest === undefined ? undefined : protocol.parse(rest);
    if (named) return { network: name, address: named };
    const address = protocol.parse(text);
    if (address) fits.push({ network: name, address });
  }
  const [first, second] = fits;
  if (!first) throw new CommandError(`${text} is no address of a room on any configured network`);
  if (second)
    throw new CommandError(`${text} could be on ${fits.map((fit) => fit.network).join(' or ')}: say ${first.network}:${text}`);
  return first;
}

function failureOf(code: ReasonCode): Failure {
  if (code === 'already-linked' || code === 'unknown-target') return 'wrong';
  return code === 'unreachable' || code === 'timeout' ? 'away' : 'refused';
}

async function saying<R>(work: Promise<R>): Promise<R> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof LinkRefused ? new CommandError(error.message, failureOf(error.why.code), error.unless) : error;
  }
}

/** In the words of the delivery promises: what members see of a crash or an outage of either side. */
function classOf({ proof, archive }: Capabilities): string {
  if (proof === 'written') return 'written, not confirmed';
  return archive ? 'each line once' : 'no archive: a line may double, or be missed, in an outage';
}

function endpoint(parts: LinkParts, at: EndpointRow, behind: Backlog | undefined): LinkedEndpoint {
  const { network, protocol, state } = parts.networks.get(at.network);
  const capabilities = at.isEntered ? network.capabilities(at) : undefined;
  return {
    network: at.network,
    protocol: protocol.name,
    address: shownPlace(at),
    state: at.state !== 'active' ? at.state : state !== 'up' ? 'waiting for the network' : at.isEntered ? 'active' : 'entering',
    class: capabilities ? classOf(capabilities) : 'not known yet',
    waiting: behind?.waiting ?? 0,
    lagSeconds: behind?.oldest ? Math.max(0, Math.round((Date.now() - behind.oldest.getTime()) / 1000)) : 0,
    ...(at.trouble ? { trouble: at.trouble.text ?? at.trouble.code } : {}),
  };
}

const linkArgs = z.strictObject({
  first: z.string().min(1),
  second: z.string().min(1),
  seats: z.enum(['speak', 'all']).default('speak'),
  accept: z.array(z.enum(consents)).default([]),
});
const linksArgs = z.strictObject({ direct: z.boolean().default(false) });
const unlinkArgs = z.strictObject({ address: z.string().min(1) });

const keepArgs = z.strictObject({ address: z.string(), days: z.int().positive().max(36_500).nullable() });

/** The bodies of one room are kept for so many days; null: as long as the configuration says. */
async function keep({ db, networks, rooms, tenant }: LinkParts, { address, days }: z.infer<typeof keepArgs>) {
  const { network, address: at } = place(networks, address);
  const id = await endpointByAddress(db, tenant, network, at.native);
  const room = id === undefined ? undefined : rooms.endpoint(id);
  if (!room) throw new CommandError(`${at.native} is not linked`);
  await keepFor(db, room, days);
  return { room: room.room, days };
}

export function addLinkCommands(book: CommandBook, parts: LinkParts): void {
  const link: Command<z.infer<typeof linkArgs>> = {
    name: 'link',
    summary: 'Make two rooms of different networks one conversation',
    args: linkArgs as z.ZodType<z.infer<typeof linkArgs>>,
    run: async ({ first, second, seats, accept }) => {
      const places: [Place, Place] = [place(parts.networks, first), place(parts.networks, second)];
      return saying(parts.links.link(places, { settings: { seats }, accept }));
    },
  };
  const unlink: Command<z.infer<typeof unlinkArgs>> = {
    name: 'unlink',
    summary: 'Cut a room off: what was said is still delivered, then our ghosts leave',
    args: unlinkArgs,
    run: async ({ address }) => {
      const left = await saying(parts.links.unlink(place(parts.networks, address)));
      return { unlinked: left.map((at) => at.address.native) };
    },
  };
  const links: Command<z.infer<typeof linksArgs>> = {
    name: 'links',
    summary: 'Which rooms are linked, or who talks to whom directly; in what state',
    args: linksArgs as z.ZodType<z.infer<typeof linksArgs>>,
    run: async ({ direct }) => {
      const behind = new Map((await backlogs(parts.db, parts.tenant)).map((one) => [one.endpoint, one]));
      const rooms = parts.rooms.rooms({ direct });
      return {
        links: rooms.map((room) => ({
          room: room[0]?.room,
          endpoints: room.map((at) => endpoint(parts, at, behind.get(at.id))),
        })),
      };
    },
  };
  book.add(link);
  book.add(unlink);
  book.add(links);
  book.add<z.infer<typeof keepArgs>, unknown>({
    name: 'keep',
    summary: 'For how many days a room keeps what was said in it',
    args: keepArgs,
    run: (args) => keep(parts, args),
  });
}
