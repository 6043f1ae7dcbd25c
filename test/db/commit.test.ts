import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db.ts';
import { loadNetwork, loadTenant } from '../../src/tenancy/install.store.ts';
import { type Batch, commit, type NewEntry } from '../../src/timeline/writing/commit.store.ts';
import { type TestDatabase, testDatabases } from '../support/database.ts';

describe.each(testDatabases())('one commit of the timelines, $name', ({ create }) => {
  let made: TestDatabase;
  let db: Database;
  let batch: Batch;
  const rooms: number[] = [];
  const endpoints: number[] = [];
  beforeAll(async () => {
    made = await create();
    db = made.db;
    const tenant = await loadTenant(db, 'default');
    const network = await loadNetwork(db, tenant, 'one', 'alpha');
    for (let n = 0; n < 2; n += 1) {
      const [room] = await db.query<{ room_id: number }>(
        `insert into room (tenant_id, kind) values ($1, 'group') returning room_id`,
        [tenant],
      );
      rooms.push(room?.room_id ?? 0);
      const [endpoint] = await db.query<{ endpoint_id: number }>(
        `insert into endpoint (tenant_id, room_id, network_id, state) values ($1, $2, $3, 'active') returning endpoint_id`,
        [tenant, room?.room_id, network],
      );
      endpoints.push(endpoint?.endpoint_id ?? 0);
    }
    await db.query(`insert into lease values ($1, $2, 1, 'me', now() + interval '1 hour')`, [tenant, network]);
    const empty = { entries: [], copies: [], ids: [] };
    batch = { tenant, holder: 'me', networks: [network], receivedAt: new Date('2026-01-31T23:59:59.5Z'), ...empty };
  }, 60_000);
  afterAll(() => made?.drop());

  const line = (n: number, id: string, target?: NewEntry['target']): NewEntry => ({
    room: rooms[n] ?? 0,
    endpoint: endpoints[n] ?? 0,
    sender: 1,
    kind: 'text',
    claimedAt: new Date(0),
    octets: Buffer.from(id),
    ids: [
      { kind: 'archive', value: id, strong: true },
      { kind: 'client', value: 'same', strong: false },
    ],
    target,
  });
  const count = async (table: string): Promise<number | undefined> =>
    (await db.query<{ n: number }>(`select count(*) as n from ${table}`))[0]?.n;

  test('lines of several rooms are numbered each room for itself, in order, and may name each other', async () => {
    const first = line(0, 'a');
    const entries = [first, line(1, 'b'), line(0, 'c', first), line(1, 'd', 1)];
    expect(await commit(db, { ...batch, entries })).toEqual({ kind: 'written', seqs: [1, 1, 2, 2] });
    expect(await commit(db, { ...batch, entries: [line(0, 'e')] })).toEqual({ kind: 'written', seqs: [3] });
    const stored = await db.query(
      `select e.room_id, e.seq, e.target_seq, b.day, b.octets, i.value, c.state
         from entry e join body b using (tenant_id, room_id, seq)
         join native_id i on i.endpoint_id = e.origin_endpoint_id and i.seq = e.seq and i.strong
         join copy c on c.endpoint_id = e.origin_endpoint_id and c.seq = e.seq
        order by e.room_id, e.seq`,
    );
    const row = (n: number, seq: number, id: string, target: number | null): object => {
      const octets = Buffer.from(id);
      return { room_id: rooms[n], seq, target_seq: target, day: '2026-01-31', octets, value: id, state: 'origin' };
    };
    expect(stored).toEqual([
      row(0, 1, 'a', null),
      row(0, 2, 'c', 1),
      row(0, 3, 'e', null),
      row(1, 1, 'b', null),
      row(1, 2, 'd', 1),
    ]);
  });

  test('what is stored already is named, and nothing of the batch is written', async () => {
    const before = [await count('entry'), await count('copy'), await count('native_id')];
    const copies = [{ endpoint: endpoints[1] ?? 0, seq: 77, part: 0, state: 'sent' as const }];
    const entries = [line(0, 'f'), line(0, 'c'), line(1, 'c')];
    expect(await commit(db, { ...batch, entries, copies })).toEqual({ kind: 'repeats', entries: [1] });
    expect([await count('entry'), await count('copy'), await count('native_id')]).toEqual(before);
    expect(await commit(db, { ...batch, entries: [line(0, 'f')] })).toEqual({ kind: 'written', seqs: [4] });
  });

  test('who does not hold every lease writes nothing', async () => {
    const before = [await count('entry'), await count('copy')];
    const copies = [{ endpoint: endpoints[1] ?? 0, seq: 78, part: 0, state: 'sent' as const }];
    const given = { ...batch, entries: [line(0, 'g')], copies };
    expect(await commit(db, { ...given, holder: 'somebody else' })).toEqual({ kind: 'not-owner' });
    expect(await commit(db, { ...given, networks: [...batch.networks, 4711] })).toEqual({ kind: 'not-owner' });
    expect([await count('entry'), await count('copy')]).toEqual(before);
  });

  test('a delivery and its echo meet in any order, in one batch or in two: one copy, sent, with its ids once', async () => {
    const endpoint = endpoints[0] ?? 0;
    for (const [seq, apart] of [
      [90, false],
      [91, true],
    ] as const) {
      const echo = { endpoint, seq, part: 0, state: 'sent' as const };
      const settled = { endpoint, seq, part: 0, state: 'unconfirmed' as const, degraded: 'reply:fallback', why: 'no answer' };
      const id = { kind: 'archive', value: `id ${seq}`, strong: true, endpoint, seq, part: 0 };
      const [one, two] = [
        { copies: [settled], ids: [{ ...id, heard: false }] },
        { copies: [echo], ids: [{ ...id, heard: true }] },
      ];
      if (apart) {
        await commit(db, { ...batch, ...one });
        await commit(db, { ...batch, ...two });
        await commit(db, { ...batch, ...one });
      } else {
        await commit(db, { ...batch, copies: [...one.copies, ...two.copies], ids: [...one.ids, ...two.ids] });
      }
      expect(
        await db.query('select state, degraded, why from copy where endpoint_id = $1 and seq = $2', [endpoint, seq]),
      ).toEqual([{ state: 'sent', degraded: 'reply:fallback', why: null }]);
      expect(await db.query('select heard from native_id where endpoint_id = $1 and seq = $2', [endpoint, seq])).toEqual([
        { heard: true },
      ]);
    }
  });

  test('octets and ids come back as they were, whatever characters are in them', async () => {
    const ids = ['a"b\\c', '{}', ',', 'null', ' ', "'$1'", 'ü\u{1F600}\n\t'];
    const octets = ids.map((id, n) => Buffer.concat([Buffer.from(id), Buffer.alloc(n * 100, 255)]));
    const entries = ids.map((id, n) => ({ ...line(1, `awkward ${id}`), octets: octets[n] ?? Buffer.of() }));
    const done = await commit(db, { ...batch, entries });
    const seqs = done.kind === 'written' ? done.seqs : [];
    const bodies = await db.query<{ octets: Buffer }>(
      'select octets from body where room_id = $1 and seq = any($2::bigint[]) order by seq',
      [rooms[1], seqs],
    );
    expect(bodies.map((one) => one.octets)).toEqual(octets);
    const stored = await db.query<{ value: string }>(
      'select value from native_id where endpoint_id = $1 and strong and seq = any($2::bigint[]) order by seq',
      [endpoints[1], seqs],
    );
    expect(stored.map((one) => one.value)).toEqual(ids.map((id) => `awkward ${id}`));
  });
});
