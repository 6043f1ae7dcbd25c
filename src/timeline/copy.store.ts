import { type Id } from '../cpim/envelope.ts';
import type { Sql } from '../db.ts';
import type { Status } from '../networks/network.ts';
import type { CopyId, CopyState } from './writing/commit.store.ts';

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

/** What the sender of a line must be told of its copy at an endpoint. */
export type Debt = Pick<Settlement, 'endpoint' | 'seq' | 'owed'>;

/** What settlements say of the copies, for `commit`. */
export function statesOf(all: readonly Settlement[]): { readonly copies: CopyState[]; readonly ids: CopyId[] } {
  const whole = [{ part: 0, ids: [] }];
  const copies = all.flatMap(({ endpoint, seq, state, degraded, why, parts }) =>
    (parts.length > 0 ? parts : whole).map(({ part }) => ({ endpoint, seq, part, state, degraded, why })),
  );
  const ids = all.flatMap(({ endpoint, seq, parts }) =>
    parts.flatMap(({ part, ids }) => ids.map((id) => ({ ...id, endpoint, seq, part, heard: false }))),
  );
  return { copies, ids };
}

/** Senders must be told: durably, until it has been said. */
export async function owe(sql: Sql, tenant: number, owed: readonly Debt[]): Promise<void> {
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
      where e.tenant_id = $1 and e.endpoint_id = any($2::bigint[]) and e.endpoint_id = w.endpoint`,
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
