import { describe, expect, test } from '@jest/globals';
import { askToWatch, atWatched, atWatching, noSubscriptions, type Subscriptions } from '../../src/cpim/subscription/book.ts';
import { type Database, openDatabase } from '../../src/db.ts';
import { loadInstall, loadNetwork, loadTenant, readNote, writeNote } from '../../src/tenancy/install.store.ts';
import { testDatabases } from '../support/database.ts';
import { QuietLog } from '../support/quiet-log.ts';

const there = { watcher: 'pres:juliet@example.com', target: 'pres:romeo@example.net' };
const back = { watcher: there.target, target: there.watcher };
const at = { now: 1000, present: () => '<presence/>' };

/** Juliet watches Romeo, and Romeo watches Juliet. */
function both(salt: string): Subscriptions {
  const asked = askToWatch(noSubscriptions, { ...there, transId: 't1', duration: 3600 }, { now: 1000, salt });
  const answer = { transId: 't1', status: 'success' } as const;
  const one = atWatching(asked.all, there, { kind: 'answered', answer }, 1000).all;
  const subscribe = { op: 'subscribe', ...back, transId: 't2', subscriptId: 'r1', duration: 3600 } as const;
  return atWatched(one, back, { kind: 'subscribe', permitted: true, subscribe }, at).all;
}

async function network(db: Database): Promise<{ tenant: number; network: number }> {
  const tenant = await loadTenant(db, 'default');
  return { tenant, network: await loadNetwork(db, tenant, 'alpha', 'fake') };
}

describe.each(testDatabases())('subscriptions on $name', (engine) => {
  test('V3859-3.4-1 are there after a restart, with the same ids, and go on', async () => {
    const place = await engine.empty();
    const open = (): Promise<Database> => openDatabase({ ...place.at, log: new QuietLog() });
    const first = await open();
    const { salt } = await loadInstall(first);
    const before = both(salt);
    await writeNote(first, await network(first), 'subscriptions', JSON.stringify(before));
    await first.close();
    const second = await open();
    const here = await network(second);
    const after: Subscriptions = JSON.parse((await readNote(second, here.tenant, here.network, 'subscriptions')) ?? '');
    expect(after).toEqual(before);
    expect(Object.values(after.watching)).toMatchObject([{ ...there, subscriptId: `${salt}-0` }]);
    expect(Object.values(after.watched)).toMatchObject([{ ...back, subscription: { subscriptId: 'r1' } }]);
    // What is due is due still: the renewal, under its old id.
    const [due] = atWatching(after, there, { kind: 'time' }, 3600_000).outputs;
    expect(due).toMatchObject({ kind: 'operation', subscribe: { subscriptId: `${salt}-0`, duration: 3600 } });
    await second.close();
    await place.drop();
  });
});
