import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Bridge, build } from '../../../src/app.module.ts';
import type { Config } from '../../../src/config.ts';
import { type Database, openDatabase } from '../../../src/db.ts';
import { Cluster } from '../../lab/postgres.ts';
import { eventually } from '../../support/bridge.ts';
import { QuietLog } from '../../support/quiet-log.ts';
import { Child } from '../delivery/child.ts';
import type { QuietCommand } from './quiet.ts';

export const usage = `npm run bench -- idle [--rooms N] [--ghosts N] [--snapshot FOLDER] [--json FILE]

What the process holds for a linked room in which nothing happens, and for a ghost that sits there and says nothing: the whole
bridge with both of its networks, servers that are scripted in another process, a Postgres of its own. Each room is a MUC and a
Matrix room with one native person each.

  --rooms N      10,000 if not given
  --ghosts N     10 if not given: on each side of each of a tenth of the rooms
  --snapshot F   heap snapshots into this folder
  --json F       the figures into a file`;

interface Idle {
  readonly rooms: number;
  /** On each side of each room. */
  readonly ghosts: number;
  readonly seconds: number;
  readonly heapMb: number;
}

/** Prints figures; 0 if they could be taken. */
export async function idle(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { rooms: text, ghosts: text, snapshot: text, json: text } });
  const [rooms, ghosts] = [Number(values.rooms ?? 10_000), Number(values.ghosts ?? 10)];
  const folder = mkdtempSync(join(tmpdir(), 'rialto-idle-'));
  const cluster = await Cluster.create(join(folder, 'cluster'));
  const servers = new Child<QuietCommand>(join('..', 'idle', 'quiet.ts'));
  const db = await openDatabase({ url: cluster.url, log: new QuietLog() });
  const town: Town = { db, servers, folder, snapshot: values.snapshot };
  try {
    // The first one makes what is made once: tables, compiled code, the tenant.
    await measured(town, { rooms: 0, ghosts: 0 });
    await seed(db, rooms, ghosts);
    const none = await measured(town, { rooms: 0, ghosts: 0 });
    const all = await measured(town, { rooms, ghosts: 0 });
    const tenth = await measured(town, { rooms: rooms / 10, ghosts: 0 });
    const seated = await measured(town, { rooms: rooms / 10, ghosts });
    const perRoom = ((all.heapMb - none.heapMb) * 1e6) / rooms;
    const perGhost = ((seated.heapMb - tenth.heapMb) * 1e6) / ((rooms / 10) * ghosts * 2);
    console.log(`heap of an idle linked room ${Math.round(perRoom)} B, of a ghost ${Math.round(perGhost)} B`);
    if (values.json) writeFileSync(values.json, `${JSON.stringify({ perRoom, perGhost, all, tenth, seated }, null, 2)}\n`);
  } finally {
    servers.stop();
    await db.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return 0;
}

interface Town {
  readonly db: Database;
  readonly servers: Child<QuietCommand>;
  readonly folder: string;
  readonly snapshot: string | undefined;
}

/** Rows as the bridge itself writes them: links that are old, and on each side ghosts of people of the other. */
async function seed(db: Database, rooms: number, ghosts: number): Promise<void> {
  await db.query(`insert into room (tenant_id, kind) select 1, 'group' from generate_series(1, $1::integer)`, [rooms]);
  await db.query(
    `insert into endpoint (tenant_id, room_id, network_id, state, settings, start_marker)
     select 1, r.room_id, n.network_id, 'gone', '{"seats": "speak"}',
            case n.name when 'matrix' then '$start' else 'time:2026-01-01T00:00:00.000Z' end
       from room r cross join network n order by r.room_id, n.network_id`,
  );
  await db.query(
    `insert into endpoint_address (tenant_id, endpoint_id, network_id, native, uri, kind)
     select 1, e.endpoint_id, e.network_id, a.native, 'im:' || a.native, 'canonical'
       from endpoint e join network n on n.network_id = e.network_id
      cross join lateral (select case n.name when 'matrix' then '!room' || e.room_id || 'withsomeletters:sink'
                                             else 'room-' || e.room_id || '@rooms.quiet.example' end as native) a`,
  );
  await db.query(
    `insert into sender (tenant_id, network_id, key, weak, name)
     select 1, n.network_id, 'person ' || g, false, 'Ghost ' || g from network n cross join generate_series(0, $1::integer - 1) g`,
    [ghosts],
  );
  await db.query(
    `insert into ghost (tenant_id, network_id, sender_id, native, uri)
     select 1, n.network_id, s.sender_id, a.native, 'im:' || a.native
       from sender s join network n on n.network_id <> s.network_id
      cross join lateral (select case n.name when 'matrix' then '@_rialto_ghost' || substr(s.key, 8) || ':sink'
                                             else 'ghost' || substr(s.key, 8) || '@bridge.quiet.example' end as native) a
      where s.key like 'person %'`,
  );
  await db.query(
    `insert into seat (tenant_id, endpoint_id, ghost_id, nick, state)
     select 1, e.endpoint_id, g.ghost_id, s.name, 'left'
       from endpoint e join ghost g on g.network_id = e.network_id join sender s on s.sender_id = g.sender_id
      where e.room_id <= $1::integer`,
    [rooms / 10],
  );
  await db.query('analyze');
}

async function measured(town: Town, { rooms, ghosts }: Pick<Idle, 'rooms' | 'ghosts'>): Promise<Idle> {
  const { db } = town;
  await db.query(`update endpoint set state = case when room_id <= $1 then 'active' else 'gone' end`, [rooms]);
  await db.query(`update seat set state = $1`, [ghosts > 0 ? 'seated' : 'left']);
  const ports = await town.servers.ask<Ports>({ ghosts });
  const before = heap();
  const began = performance.now();
  const bridge = await build(configOf(town.folder, ports), new QuietLog(), { protocols: await both(), database: lasting(db) });
  await bridge.start(() => {});
  await eventually('every room is entered', async () => (await bridge.readiness.report()).ready, 600_000);
  const seconds = (performance.now() - began) / 1000;
  // What only the entering needed is let go.
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  const heapMb = (heap() - before) / 1e6;
  if (town.snapshot) writeHeapSnapshot(join(town.snapshot, `${rooms}-${ghosts}.heapsnapshot`));
  await stop(bridge);
  console.log(`${rooms} rooms, ${ghosts} ghosts on each side: ready in ${seconds.toFixed(1)} s, heap ${heapMb.toFixed(1)} MB`);
  return { rooms, ghosts, seconds, heapMb };
}

async function stop(bridge: Bridge): Promise<void> {
  await bridge.stop();
}

interface Ports {
  readonly component: number;
  readonly homeserver: number;
}

async function both() {
  const { protocols } = await import('../../../src/networks/registry.ts');
  return protocols;
}

/** It outlives the bridges. */
function lasting(db: Database): Database {
  const { source, engine } = db;
  return {
    source,
    engine,
    query: (...of) => db.query(...of),
    transaction: (work) => db.transaction(work),
    close: async () => {},
  };
}

function configOf(folder: string, { component, homeserver }: Ports): Config {
  const secret = 'a secret of the bench';
  return {
    data: folder,
    http: { host: '127.0.0.1', port: 0 },
    operator: { host: '127.0.0.1' },
    database: {},
    directChats: true,
    delivery: { expiryHours: 24, backlog: 1_000_000 },
    retention: { bodyDays: 7, excerptDays: 90, idDays: 365 },
    ghosts: { idleDays: 30 },
    log: { level: 'error' },
    networks: {
      xmpp: {
        protocol: 'xmpp',
        service: `xmpp://127.0.0.1:${component}`,
        domain: 'bridge.quiet.example',
        secret,
        nick: 'Rialto',
      },
      matrix: {
        protocol: 'matrix',
        homeserver: `http://127.0.0.1:${homeserver}`,
        domain: 'sink',
        asToken: secret,
        hsToken: secret,
        id: 'rialto',
        bot: 'rialto',
        displayName: 'Rialto',
        ghostPrefix: '_rialto_',
      },
    },
  } as Config;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
