import type { Database, Sql } from '../../src/db.ts';
import { Town } from './bridge.ts';
import type { TestEngine } from './database.ts';
import type { FakeNetwork, FakeOptions } from './fake-network.ts';

/** One room on alpha and one on beta, linked, on a database of its own. */
export async function linkedRooms(
  { create }: TestEngine,
  options: { readonly alpha?: FakeOptions; readonly beta?: FakeOptions; readonly seats?: 'speak' | 'all' } = {},
): Promise<{
  town: Town;
  alpha: FakeNetwork;
  beta: FakeNetwork;
  query: Sql['query'];
  /** Outlives the bridges. */
  db: Database;
  close(): Promise<void>;
}> {
  const { db, drop } = await create();
  const town = new Town(db, options);
  const { alpha, beta } = await town.bridge();
  await town.ask('link', { first: 'alpha/a', second: 'beta/b', seats: options.seats ?? 'speak' });
  const close = async (): Promise<void> => {
    await town.close();
    await drop();
  };
  return { town, alpha, beta, query: (text, values) => db.query(text, values), db, close };
}
