import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db.ts';
import { loadNetwork, loadTenant } from '../../src/tenancy/install.store.ts';
import { Lease, NetworksTaken, newHolder } from '../../src/tenancy/lease.ts';
import { type TestDatabase, testDatabases } from '../support/database.ts';
import { QuietLog } from '../support/quiet-log.ts';

describe.each(testDatabases())('one owner of each network, $name', ({ create }) => {
  let made: TestDatabase;
  let db: Database;
  let tenant: number;
  let networks: number[];
  beforeAll(async () => {
    made = await create();
    db = made.db;
    tenant = await loadTenant(db, 'default');
    networks = [await loadNetwork(db, tenant, 'one', 'alpha'), await loadNetwork(db, tenant, 'two', 'beta')];
  }, 60_000);
  afterAll(() => made?.drop());

  const mine = (): Lease => new Lease(db, { tenant, networks, holder: newHolder() }, new QuietLog());
  const elsewhere = (seconds: number): Promise<unknown> =>
    db.query(
      `insert into lease (tenant_id, network_id, epoch, holder, expires_at)
       select $1, w.network, 1, 'far.example/7/x', now() + make_interval(secs => $3) from unnest($2::bigint[]) as w (network)
       on conflict (tenant_id, network_id) do update set holder = excluded.holder, expires_at = excluded.expires_at`,
      [tenant, networks, seconds],
    );

  test('a living one on another host is waited for, and then named', async () => {
    await elsewhere(3600);
    const refused = mine().take(() => {}, 700);
    await expect(refused).rejects.toThrow(NetworksTaken);
    await expect(refused).rejects.toThrow('are served by process 7 on far.example: stop it first');
  });

  test('one that ends meanwhile is followed', async () => {
    await elsewhere(1);
    const lease = mine();
    await lease.take(() => {}, 10_000);
    await lease.release();
  });
});
