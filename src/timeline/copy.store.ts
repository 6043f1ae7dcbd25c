import { type Id } from '../cpim/envelope.ts';
import type { Sql } from '../db.ts';
import type { Status } from '../networks/network.ts';
import { insertIds } from './timeline.store.ts';

export interface Place {
  readonly endpoint: number;
  readonly seq: number;
  readonly part: number;
}

/** Ours, seen on the wire: the copy is out, whatever the lane knows by now. */
export async function echoCopies(sql: Sql, tenant: number, places: readonly Place[]): Promise<void> {
  if (places.length === 0) return;
  await sql.query(
    `insert into copy (tenant_id, endpoint_id, seq, part, state)
     select distinct $1::bigint, w.endpoint, w.seq, w.part, 'sent'
       from unnest($2::bigint[], $3::bigint[], $4::smallint[]) as w (endpoint, seq, part)
      order by 2, 3, 4
     on conflict (tenant_id, endpoint_id, seq, part) do update set state = 'sent'`,
    [tenant, places.map((one) => one.endpoint), places.map((one) => one.seq), places.map((one) => one.part)],
  );
}

/** How one delivery ended. */
export interface Settlement {
  readonly endpoint: number;
  readonly seq: number;
  readonly state: 'sent' | 'unconfirmed' | 'refused' | 'dropped';
  readonly parts: readonly { readonly part: number; readonly ids: readonly Id[] }[];
  readonly degraded: string | undefined;
  readonly why: string | undefined;
  /** What its sender must be told. */
  readonly owed: Status | undefined;
}

export async function settleCopies(sql: Sql, tenant: number, given: readonly Settlement[]): Promise<void> {
  // An echo may write the same rows at the same time: both in one order, or each would wait for the other.
  const all = given.toSorted((a, b) => a.endpoint - b.endpoint || a.seq - b.seq);
  const rows = all.flatMap((one) => (one.parts.length > 0 ? one.parts : [{ part: 0 }]).map(({ part }) => ({ ...one, part })));
  await sql.query(
    `insert into copy (tenant_id, endpoint_id, seq, part, state, degraded, why)
     select $1, * from unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::text[], $6::text[], $7::text[])
     on conflict (tenant_id, endpoint_id, seq, part) do update
        set degraded = excluded.degraded, why = excluded.why,
            state = case when copy.state = 'sent' then copy.state else excluded.state end`,
    [
      tenant,
      rows.map((row) => row.endpoint),
      rows.map((row) => row.seq),
      rows.map((row) => row.part),
      rows.map((row) => row.state),
      rows.map((row) => row.degraded ?? null),
      rows.map((row) => row.why ?? null),
    ],
  );
  const ids = all.flatMap((one) =>
    one.parts.flatMap(({ part, ids }) =>
      ids.map((id) => ({ ...id, endpoint: one.endpoint, seq: one.seq, part, sender: undefined, heard: false })),
    ),
  );
  await insertIds(sql, tenant, ids);
  const owed = all.filter((one) => one.owed);
  if (owed.length === 0) return;
  await sql.query(
    `insert into owed (tenant_id, endpoint_id, seq, status)
     select $1, * from unnest($2::bigint[], $3::bigint[], $4::jsonb[])`,
    [tenant, owed.map((one) => one.endpoint), owed.map((one) => one.seq), owed.map((one) => JSON.stringify(one.owed))],
  );
}

/** The lane's place: everything up to here is settled. */
export async function moveCursors(sql: Sql, tenant: number, cursors: ReadonlyMap<number, number>): Promise<void> {
  if (cursors.size === 0) return;
  await sql.query(
    `update endpoint e set cursor_seq = greatest(e.cursor_seq, w.seq)
       from unnest($2::bigint[], $3::bigint[]) as w (endpoint, seq)
      where e.tenant_id = $1 and e.endpoint_id = w.endpoint`,
    [tenant, [...cursors.keys()], [...cursors.values()]],
  );
}

/** The native ids of an entry at an endpoint, strong ones first. */
export async function idsOf(sql: Sql, tenant: number, endpoint: number, seq: number): Promise<Id[]> {
  return sql.query<{ kind: string; value: string; strong: boolean }>(
    `select kind, value, strong from native_id where tenant_id = $1 and endpoint_id = $2 and seq = $3 order by strong desc, native_id`,
    [tenant, endpoint, seq],
  );
}

export async function copyState(sql: Sql, tenant: number, endpoint: number, seq: number): Promise<string | undefined> {
  const rows = await sql.query<{ state: string }>(
    'select state from copy where tenant_id = $1 and endpoint_id = $2 and seq = $3 and part = 0',
    [tenant, endpoint, seq],
  );
  return rows[0]?.state;
}
