import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Database, openDatabase } from '../../src/db.ts';
import { Cluster } from '../lab/postgres.ts';
import { eventually, Town } from '../support/bridge.ts';
import type { FakeNetwork } from '../support/fake-network.ts';
import { QuietLog } from '../support/quiet-log.ts';

export const usage = `npm run bench -- growth [--quick] [--json FILE]

What a message, a start and a linked room cost while rooms and copies grow. The whole core on a Postgres of its own with fsync;
the networks are fakes in the same process, so that nothing is measured but the core, the database and what a fake holds.

  --quick   10 and 1,000 rooms, 0 and 100,000 copies; else 10, 1,000 and 10,000 rooms, 0 and 10 million
  --json F  the figures into a file`;

const MESSAGES = 3000;
const WARM_UP = 500;
const AT_ONCE = 50;

interface Growth {
  readonly rooms: number;
  readonly copies: number;
  readonly usPerMessage: number;
  readonly p99Ms: number;
  readonly walBytesPerMessage: number;
  readonly startSeconds: number;
  readonly heapMb: number;
  readonly heapBytesPerRoom: number;
}

export async function growth(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { quick: { type: 'boolean' }, json: { type: 'string' } } });
  const [rooms, copies] = values.quick ? [[10, 1000], 100_000] : [[10, 1000, 10_000], 10_000_000];
  const folder = mkdtempSync(join(tmpdir(), 'rialto-growth-'));
  const cluster = await Cluster.create(join(folder, 'cluster'));
  const db = await openDatabase({ url: cluster.url, log: new QuietLog() });
  try {
    const runs: Growth[] = [];
    const most = Math.max(...rooms);
    await seed(db, most);
    for (const n of rooms) runs.push(await measured(db, n, 0));
    const began = performance.now();
    await fill(db, most, copies);
    console.log(`${copies} copies written in ${Math.round((performance.now() - began) / 1000)} s`);
    for (const n of rooms) runs.push(await measured(db, n, copies));
    const tables = await sizes(db);
    console.log(`tables, MB with their indexes: ${tables.map(({ name, mb }) => `${name} ${mb}`).join(', ')}`);
    if (values.json) writeFileSync(values.json, `${JSON.stringify({ runs, tables }, null, 2)}\n`);
  } finally {
    await db.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return 0;
}

/** Linked rooms, by rows: making them one by one would be measured elsewhere. */
async function seed(db: Database, rooms: number): Promise<void> {
  const town = new Town(db);
  await town.bridge();
  await town.close();
  await db.query(`insert into room (tenant_id, kind) select 1, 'group' from generate_series(1, $1::integer)`, [rooms]);
  await db.query(
    `insert into endpoint (tenant_id, room_id, network_id, state, settings)
     select 1, r.room_id, n.network_id, 'active', '{"seats": "speak"}' from room r cross join network n order by r.room_id, n.network_id`,
  );
  await db.query(
    `insert into endpoint_address (tenant_id, endpoint_id, network_id, native, uri, kind)
     select 1, e.endpoint_id, e.network_id, n.name || '/r' || e.room_id, 'im:r' || e.room_id || '@' || n.name, 'canonical'
       from endpoint e join network n on n.network_id = e.network_id`,
  );
  await db.query(
    `insert into sender (tenant_id, network_id, key, weak, name) select 1, min(network_id), 'k', false, 'Somebody' from network`,
  );
}

/** What is a month old: each line has an entry, a copy and an id on either side, and no body any more. */
async function fill(db: Database, rooms: number, copies: number): Promise<void> {
  const perRoom = copies / 2 / rooms;
  await db.transaction(async (sql) => {
    await sql.query('set local statement_timeout = 0');
    const line = 'from room r cross join generate_series(1, $1::integer) g';
    const copy = `from room r join endpoint e on e.room_id = r.room_id cross join generate_series(1, $1::integer) g`;
    const month = `now() - interval '30 days'`;
    await sql.query(
      `insert into entry (tenant_id, room_id, seq, origin_endpoint_id, sender_id, kind, claimed_at, received_at, archive_at)
       select 1, r.room_id, r.head + g, e.endpoint_id, s.sender_id, 'text', ${month}, ${month}, ${month}
         ${line} join lateral (select min(endpoint_id) as endpoint_id from endpoint where room_id = r.room_id) e on true
         cross join (select min(sender_id) as sender_id from sender) s`,
      [perRoom],
    );
    await sql.query(`insert into copy (tenant_id, endpoint_id, seq, state) select 1, e.endpoint_id, r.head + g, 'sent' ${copy}`, [
      perRoom,
    ]);
    await sql.query(
      `insert into native_id (tenant_id, endpoint_id, kind, value, strong, heard, seq)
       select 1, e.endpoint_id, 'event', '$' || md5(e.endpoint_id || ' ' || g), true, true, r.head + g ${copy}`,
      [perRoom],
    );
    await sql.query('update room set head = head + $1::integer', [perRoom]);
    await sql.query('update endpoint e set cursor_seq = r.head from room r where r.room_id = e.room_id');
  });
  await db.query('analyze');
}

async function measured(db: Database, rooms: number, copies: number): Promise<Growth> {
  await db.query(
    `update endpoint e set state = case when n.rank <= $1 then 'active' else 'gone' end
       from (select endpoint_id, dense_rank() over (order by room_id) as rank from endpoint) n where n.endpoint_id = e.endpoint_id`,
    [rooms],
  );
  await db.query('checkpoint');
  const town = new Town(db);
  const before = heap();
  const began = performance.now();
  const { alpha, beta } = await town.bridge();
  await eventually('every room is entered', () => alpha.attached.size + beta.attached.size === rooms * 2, 120_000);
  await eventually('every lane stands where its timeline ends', async () => (await town.last.readiness.report()).ready, 120_000);
  const startSeconds = (performance.now() - began) / 1000;
  // Statements that lanes still wait for are no part of an idle room.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const held = heap();
  await talk(town, alpha, WARM_UP);
  const wal = await walAt(db);
  const begun = performance.now();
  const times = await talk(town, alpha, MESSAGES);
  const ms = performance.now() - begun;
  const walBytesPerMessage = Math.round(((await walAt(db)) - wal) / MESSAGES);
  await town.close();
  const result = {
    rooms,
    copies,
    usPerMessage: Math.round((ms * 1000) / MESSAGES),
    p99Ms: Math.round((times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0) * 10) / 10,
    walBytesPerMessage,
    startSeconds: Math.round(startSeconds * 100) / 100,
    heapMb: Math.round(held / 1e5) / 10,
    heapBytesPerRoom: Math.round((held - before) / rooms),
  };
  const shown = Object.entries(result).map(([name, value]) => `${name} ${value}`);
  console.log(shown.join('  '));
  return result;
}

/** Lines into up to 50 rooms, as many in flight; how long each took to be stored, in ms. Ends when all were heard. */
async function talk(town: Town, alpha: FakeNetwork, messages: number): Promise<number[]> {
  const places = [...alpha.attached.keys()].slice(0, AT_ONCE);
  const heard = (): number => places.reduce((sum, at) => sum + town.place(at.replace('alpha', 'beta')).lines.length, 0);
  const wanted = heard() + messages;
  const times: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < messages; n = next++) {
      const began = performance.now();
      await alpha.says(places[n % places.length] ?? '', 'Romeo', `line ${n}: but soft, what light through yonder window breaks`);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await eventually('all is heard', () => heard() === wanted, 60_000);
  return times;
}

async function walAt(db: Database): Promise<number> {
  const [row] = await db.query<{ at: string }>(`select pg_current_wal_lsn() - '0/0'::pg_lsn as at`);
  return Number(row?.at);
}

function sizes(db: Database): Promise<{ name: string; mb: number }[]> {
  return db.query<{ name: string; mb: number }>(
    `select relname as name, (pg_total_relation_size(oid) / 1000000)::integer as mb from pg_class
      where relnamespace = current_schema()::regnamespace and relkind = 'r' and pg_total_relation_size(oid) > 1000000 order by 2 desc`,
  );
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
