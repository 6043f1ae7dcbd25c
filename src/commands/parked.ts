import { z } from 'zod';
import type { Database } from '../db.ts';
import type { Inbound } from '../networks/network.ts';
import type { Networks } from '../rooms/networks.ts';
import { dropParked, type Parked, parkedList, parkedOne } from '../timeline/parked.store.ts';
import type { Writer } from '../timeline/writing/writer.ts';
import { type CommandBook, CommandError } from './registry.ts';

export interface ParkedParts {
  readonly db: Database;
  readonly tenant: number;
  readonly networks: Networks;
  readonly writer: Writer;
}

/** What became of one that was tried again. */
export interface Retried {
  readonly id: number;
  readonly isRead: boolean;
  readonly why?: string;
}

const MOST = 1000;
const listArgs = z.strictObject({});
const oneArgs = z.strictObject({ id: z.int().positive() });
const someArgs = z.strictObject({ id: z.union([z.int().positive(), z.literal('all')]) });

/** What could not be understood: shown, tried again (after an upgrade), or dropped. */
export function addParked(book: CommandBook, parts: ParkedParts): void {
  const { db, tenant } = parts;
  const chosen = async (id: number | 'all'): Promise<number[]> =>
    id === 'all' ? (await parkedList(db, tenant, MOST)).map((one) => one.id) : [id];
  book.add<z.infer<typeof listArgs>, { parked: Parked[] }>({
    name: 'parked',
    summary: 'What could not be understood, the oldest first',
    args: listArgs,
    run: async () => ({ parked: await parkedList(db, tenant, MOST) }),
  });
  book.add<z.infer<typeof oneArgs>, Parked & { octets: string }>({
    name: 'parked-show',
    summary: 'One of them as it came',
    args: oneArgs,
    run: ({ id }) => known(parts, id),
  });
  book.add<z.infer<typeof someArgs>, { retried: Retried[] }>({
    name: 'parked-retry',
    summary: 'Tries to read them once more; those that can be read now are delivered',
    args: someArgs,
    run: async ({ id }) => {
      const retried: Retried[] = [];
      for (const one of await chosen(id)) retried.push(await retry(parts, one));
      return { retried };
    },
  });
  book.add<z.infer<typeof someArgs>, { dropped: number[] }>({
    name: 'parked-drop',
    summary: 'Forgets them',
    args: someArgs,
    run: async ({ id }) => {
      const dropped: number[] = [];
      for (const one of await chosen(id)) {
        if (await dropParked(db, tenant, one)) dropped.push(one);
        else throw new CommandError(`nothing is parked under ${one}`);
      }
      return { dropped };
    },
  });
}

async function known({ db, tenant }: ParkedParts, id: number): Promise<Parked & { octets: string }> {
  const found = await parkedOne(db, tenant, id);
  if (!found) throw new CommandError(`nothing is parked under ${id}`);
  return found;
}

async function retry(parts: ParkedParts, id: number): Promise<Retried> {
  const one = await known(parts, id);
  try {
    if (!(await reread(parts, one))) return { id, isRead: false, why: one.why };
  } catch (error) {
    return { id, isRead: false, why: error instanceof Error ? error.message : String(error) };
  }
  await dropParked(parts.db, parts.tenant, id);
  return { id, isRead: true };
}

/** The network gave it as it came down the wire; what the core could not store is an inbound event in JSON. */
async function reread({ networks, writer }: ParkedParts, one: Parked & { octets: string }): Promise<boolean> {
  const { id: networkId, network } = networks.get(one.network);
  const inbound = inboundOf(one.octets);
  if (!inbound) return network.reread(one.octets);
  const [verdict] = await writer.take(networkId, [inbound]);
  return verdict?.kind === 'stored' || verdict?.kind === 'repeat';
}

function inboundOf(octets: string): Inbound | undefined {
  if (!octets.startsWith('{"kind":"event"')) return undefined;
  return JSON.parse(octets) as Inbound;
}
