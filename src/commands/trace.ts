import { z } from 'zod';
import type { Id } from '../cpim/envelope.ts';
import type { Database } from '../db.ts';
import type { Keys } from '../timeline/key.ts';
import {
  type EntryPlace,
  entriesById,
  roomOfEndpoint,
  type TracedCopy,
  tracedCopies,
  tracedEntry,
} from '../timeline/trace.store.ts';
import { type CommandBook, CommandError } from './registry.ts';

/** What one message met on its way. Times are ISO 8601; `afterMs` counts from the moment it was stored. */
export interface Trace {
  readonly room: number;
  readonly seq: number;
  readonly kind: string;
  readonly sender: string;
  /** The entry that it edits, answers, retracts or reacts to. */
  readonly target?: number;
  /** Of the stored Message/CPIM; absent once retention has taken it. */
  readonly octets?: number;
  readonly said: string;
  readonly stored: string;
  readonly hops: readonly Hop[];
}
export interface Hop {
  readonly network: string;
  readonly address: string;
  /** `waiting`: its lane has still to deliver it; `not concerned`: the endpoint was linked later, or cut off before. */
  readonly state: 'origin' | 'sent' | 'unconfirmed' | 'refused' | 'dropped' | 'waiting' | 'not concerned';
  readonly part: number;
  readonly at?: string;
  readonly afterMs?: number;
  readonly ids: readonly Id[];
  readonly degraded?: string;
  readonly why?: string;
  /** Its sender is still to be told of the refusal. */
  readonly owed?: true;
}

export interface TraceParts {
  readonly db: Database;
  readonly tenant: number;
  readonly keys: Keys;
}

const traceArgs = z.strictObject({ id: z.string().min(1) });

export function addTrace(book: CommandBook, parts: TraceParts): void {
  book.add<z.infer<typeof traceArgs>, { traces: Trace[] }>({
    name: 'trace',
    summary: 'Where one message went, by an id that it has on any network, or by its delivery key',
    args: traceArgs,
    run: async ({ id }) => {
      const places = await placesOf(parts, id);
      const traces = await Promise.all(places.map((place) => trace(parts, place)));
      const found = traces.filter((one) => one !== undefined);
      if (found.length === 0)
        throw new CommandError(`no message with the id ${id} is known; what could not be read is in "parked"`);
      return { traces: found };
    },
  });
}

async function placesOf({ db, tenant, keys }: TraceParts, id: string): Promise<EntryPlace[]> {
  const delivery = keys.read(id);
  if (!delivery) return entriesById(db, tenant, id);
  const room = await roomOfEndpoint(db, tenant, delivery.endpoint);
  return room === undefined ? [] : [{ room, seq: delivery.seq }];
}

async function trace({ db, tenant }: TraceParts, place: EntryPlace): Promise<Trace | undefined> {
  const entry = await tracedEntry(db, tenant, place);
  if (!entry) return undefined;
  const copies = await tracedCopies(db, tenant, place);
  const first = copies.filter((copy) => copy.endpoint === entry.origin);
  const others = copies.filter((copy) => copy.endpoint !== entry.origin);
  return {
    ...place,
    kind: entry.kind,
    sender: entry.sender,
    ...(entry.target === null ? {} : { target: entry.target }),
    ...(entry.octets === null ? {} : { octets: entry.octets }),
    said: entry.claimedAt.toISOString(),
    stored: entry.receivedAt.toISOString(),
    hops: [...first, ...others].map((copy) => hop(copy, entry.receivedAt)),
  };
}

function hop(copy: TracedCopy, stored: Date): Hop {
  const open = copy.concerned && copy.endpointState !== 'gone' ? 'waiting' : 'not concerned';
  return {
    network: copy.network,
    address: copy.address,
    state: (copy.state as Hop['state'] | null) ?? open,
    part: copy.part ?? 0,
    ...(copy.settledAt === null
      ? {}
      : { at: copy.settledAt.toISOString(), afterMs: copy.settledAt.getTime() - stored.getTime() }),
    ids: copy.ids,
    ...(copy.degraded === null ? {} : { degraded: copy.degraded }),
    ...(copy.why === null ? {} : { why: copy.why }),
    ...(copy.owed ? { owed: true } : {}),
  };
}
