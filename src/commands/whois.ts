import { z } from 'zod';
import type { Database } from '../db.ts';
import { ghostsOf, type KnownGhost, type KnownPerson, peopleNamed, roomsOf } from '../identity/whois.store.ts';
import { type CommandBook, CommandError } from './registry.ts';

/** Somebody native to one network, and who stands for him on the others. */
export interface Whois extends Omit<KnownPerson, 'sender'> {
  readonly rooms: readonly { readonly room: string; readonly name: string }[];
  readonly ghosts: readonly KnownGhost[];
}

const whoArgs = z.strictObject({ who: z.string().min(1) });

export function addWhois(book: CommandBook, { db, tenant }: { readonly db: Database; readonly tenant: number }): void {
  const tell = async ({ sender, ...person }: KnownPerson): Promise<Whois> => ({
    ...person,
    rooms: await roomsOf(db, tenant, sender),
    ghosts: await ghostsOf(db, tenant, sender),
  });
  book.add<z.infer<typeof whoArgs>, { people: Whois[] }>({
    name: 'whois',
    summary: 'Who a ghost stands for, and which ghosts stand for a person',
    args: whoArgs,
    run: async ({ who }) => {
      const people = await peopleNamed(db, tenant, who);
      if (people.length === 0) throw new CommandError(`nobody of that address or name is known: ${who}`);
      return { people: await Promise.all(people.map(tell)) };
    },
  });
}
