import type { Id } from '../cpim/envelope.ts';
import type { Sql } from '../db.ts';

/** One line to append. `room` and `endpoint` are the origin's. */
export interface NewEntry {
  readonly room: number;
  readonly endpoint: number;
  readonly sender: number;
  readonly kind: string;
  readonly claimedAt: Date;
  readonly receivedAt: Date;
  readonly octets: Buffer;
  readonly ids: readonly Id[];
  seq: number;
  targetSeq: number | undefined;
}

/** Fails unless this process still owns all of these networks. Holds the lease rows until the commit. */
export async function fence(sql: Sql, tenant: number, networks: readonly number[], holder: string): Promise<boolean> {
  const rows = await sql.query<{ network_id: number }>(
    `select network_id from lease where tenant_id = $1 and network_id = any($2::bigint[]) and holder = $3 for share`,
    [tenant, networks, holder],
  );
  return rows.length === networks.length;
}

export interface StrongId {
  readonly endpoint: number;
  readonly kind: string;
  readonly value: string;
}

/** Which of these are stored already, as `endpoint kind value`. */
export async function knownIds(sql: Sql, tenant: number, ids: readonly StrongId[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await sql.query<{ endpoint_id: number; kind: string; value: string }>(
    `select n.endpoint_id, n.kind, n.value
       from unnest($2::bigint[], $3::text[], $4::text[]) as w (endpoint_id, kind, value)
       join native_id n on n.tenant_id = $1 and n.endpoint_id = w.endpoint_id and n.kind = w.kind and n.value = w.value and n.strong`,
    [tenant, ids.map((id) => id.endpoint), ids.map((id) => id.kind), ids.map((id) => id.value)],
  );
  return new Set(rows.map((row) => `${row.endpoint_id} ${row.kind} ${row.value}`));
}

/** The entry that a native id names at an endpoint: strong ids exactly, weak ones by value, the newest. */
export async function entryOf(sql: Sql, tenant: number, endpoint: number, id: Id): Promise<number | undefined> {
  const rows = await sql.query<{ seq: number }>(
    id.strong
      ? `select seq from native_id where tenant_id = $1 and endpoint_id = $2 and value = $3 and kind = $4 and strong`
      : `select seq from native_id
          where tenant_id = $1 and endpoint_id = $2 and value = $3 and kind = $4 and not strong
          order by native_id desc limit 1`,
    [tenant, endpoint, id.value, id.kind],
  );
  return rows[0]?.seq;
}

/** Numbers for `counts` new lines in each room; the first one of each. Rooms are locked in order, so that nobody deadlocks. */
export async function takeSeqs(sql: Sql, tenant: number, counts: ReadonlyMap<number, number>): Promise<Map<number, number>> {
  const rooms = [...counts.keys()].sort((a, b) => a - b);
  const rows = await sql.query<{ room_id: number; head: number }>(
    `update room r set head = r.head + w.n
       from unnest($2::bigint[], $3::bigint[]) as w (room_id, n)
      where r.tenant_id = $1 and r.room_id = w.room_id
     returning r.room_id, r.head`,
    [tenant, rooms, rooms.map((room) => counts.get(room) ?? 0)],
  );
  return new Map(rows.map((row) => [row.room_id, row.head - (counts.get(row.room_id) ?? 0) + 1]));
}

export async function insertEntries(sql: Sql, tenant: number, entries: readonly NewEntry[]): Promise<void> {
  await sql.query(
    `insert into entry (tenant_id, room_id, seq, origin_endpoint_id, sender_id, kind, target_seq, claimed_at, received_at, archive_at)
     select $1, w.room, w.seq, w.endpoint, w.sender, w.kind, w.target, w.claimed, w.received, w.received
       from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::timestamptz[],
                   $9::timestamptz[]) as w (room, seq, endpoint, sender, kind, target, claimed, received)`,
    [
      tenant,
      entries.map((one) => one.room),
      entries.map((one) => one.seq),
      entries.map((one) => one.endpoint),
      entries.map((one) => one.sender),
      entries.map((one) => one.kind),
      entries.map((one) => one.targetSeq ?? null),
      entries.map((one) => one.claimedAt.toISOString()),
      entries.map((one) => one.receivedAt.toISOString()),
    ],
  );
  await sql.query(
    `insert into body (tenant_id, room_id, seq, day, octets)
     select $1, w.room, w.seq, w.day, w.octets
       from unnest($2::bigint[], $3::bigint[], $4::date[], $5::bytea[]) as w (room, seq, day, octets)`,
    [
      tenant,
      entries.map((one) => one.room),
      entries.map((one) => one.seq),
      entries.map((one) => one.receivedAt.toISOString().slice(0, 10)),
      entries.map((one) => one.octets),
    ],
  );
  await sql.query(
    `insert into copy (tenant_id, endpoint_id, seq, state)
     select $1, w.endpoint, w.seq, 'origin' from unnest($2::bigint[], $3::bigint[]) as w (endpoint, seq)`,
    [tenant, entries.map((one) => one.endpoint), entries.map((one) => one.seq)],
  );
}

/** A native id to store. `heard`: it came down the wire in order, so that everything before it has been stored. */
export interface NewId extends Id {
  readonly heard: boolean;
  readonly endpoint: number;
  readonly seq: number;
  readonly part: number;
  readonly sender: number | undefined;
}

export async function insertIds(sql: Sql, tenant: number, given: readonly NewId[]): Promise<void> {
  if (given.length === 0) return;
  // One statement may not touch a row twice: the first of two equal strong ids stands.
  const strong = new Set<string>();
  const ids = given.filter((id) => {
    const name = `${id.endpoint} ${id.kind} ${id.value}`;
    if (!id.strong) return true;
    return strong.has(name) ? false : strong.add(name);
  });
  await sql.query(
    `insert into native_id (tenant_id, endpoint_id, kind, value, strong, heard, sender_id, seq, part)
     select $1, w.endpoint, w.kind, w.value, w.strong, w.heard, w.sender, w.seq, w.part
       from unnest($2::bigint[], $3::text[], $4::text[], $5::boolean[], $6::bigint[], $7::bigint[], $8::smallint[], $9::boolean[])
            with ordinality as w (endpoint, kind, value, strong, sender, seq, part, heard, n)
      order by w.n
     on conflict (tenant_id, endpoint_id, kind, value) where strong do update set heard = native_id.heard or excluded.heard`,
    [
      tenant,
      ids.map((id) => id.endpoint),
      ids.map((id) => id.kind),
      ids.map((id) => id.value),
      ids.map((id) => id.strong),
      ids.map((id) => id.sender ?? null),
      ids.map((id) => id.seq),
      ids.map((id) => id.part),
      ids.map((id) => id.heard),
    ],
  );
}

export interface Malformed {
  readonly networkId: number;
  readonly endpoint: number | undefined;
  readonly why: string;
  readonly octets: string;
}

export async function park(sql: Sql, tenant: number, lines: readonly Malformed[]): Promise<void> {
  if (lines.length === 0) return;
  await sql.query(
    `insert into parked (tenant_id, network_id, endpoint_id, why, octets)
     select $1, * from unnest($2::bigint[], $3::bigint[], $4::text[], $5::bytea[])`,
    [
      tenant,
      lines.map((line) => line.networkId),
      lines.map((line) => line.endpoint ?? null),
      lines.map((line) => line.why),
      lines.map((line) => Buffer.from(line.octets, 'utf8')),
    ],
  );
}

export async function senderOf(sql: Sql, tenant: number, room: number, seq: number): Promise<number | undefined> {
  const rows = await sql.query<{ sender_id: number }>(
    'select sender_id from entry where tenant_id = $1 and room_id = $2 and seq = $3',
    [tenant, room, seq],
  );
  return rows[0]?.sender_id;
}
