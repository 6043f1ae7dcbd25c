import type { Sql } from '../db.ts';
import { type KnownSender, knownSender, type SenderRow } from '../identity/sender.store.ts';
import type { Status } from '../networks/network.ts';

/** A sender, where he said his line, and what he must be told of it. */
export interface Owed {
  readonly id: number;
  readonly origin: number;
  readonly seq: number;
  readonly sender: KnownSender;
  readonly status: Status;
}

/** The oldest after this one. */
export async function allOwed(sql: Sql, tenant: number, after: number, max: number): Promise<Owed[]> {
  const rows = await sql.query<SenderRow & { owed_id: number; origin_endpoint_id: number; seq: number; status: Status }>(
    `select o.owed_id, e.origin_endpoint_id, o.seq, o.status, s.sender_id, s.network_id, s.key, s.weak, s.name, s.native, s.uri
       from owed o
       join endpoint t on t.tenant_id = o.tenant_id and t.endpoint_id = o.endpoint_id
       join entry e on e.tenant_id = o.tenant_id and e.room_id = t.room_id and e.seq = o.seq
       join sender s on s.tenant_id = e.tenant_id and s.sender_id = e.sender_id
      where o.tenant_id = $1 and o.owed_id > $2
      order by o.owed_id limit $3`,
    [tenant, after, max],
  );
  return rows.map((row) => ({
    id: row.owed_id,
    origin: row.origin_endpoint_id,
    seq: row.seq,
    sender: knownSender(row),
    status: row.status,
  }));
}

export async function payOwed(sql: Sql, tenant: number, ids: readonly number[]): Promise<void> {
  await sql.query('delete from owed where tenant_id = $1 and owed_id = any($2::bigint[])', [tenant, ids]);
}
