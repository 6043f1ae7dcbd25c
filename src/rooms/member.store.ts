import type { Sql } from '../db.ts';
import { type KnownSender, knownSender, type SenderRow } from '../identity/sender.store.ts';

export interface OpenMember {
  readonly endpoint: number;
  readonly sender: KnownSender;
  readonly name: string;
}

/** Who of these pairs is in now; all of an endpoint where `whole` names it. */
export async function openMembers(
  sql: Sql,
  tenant: number,
  pairs: readonly { readonly endpoint: number; readonly sender: number }[],
  whole: readonly number[],
): Promise<OpenMember[]> {
  const rows = await sql.query<SenderRow & { endpoint_id: number; member_name: string }>(
    `select m.endpoint_id, m.name as member_name, s.sender_id, s.network_id, s.key, s.weak, s.name, s.native, s.uri
       from member m
       join sender s on s.tenant_id = m.tenant_id and s.sender_id = m.sender_id
      where m.tenant_id = $1 and m.to_seq is null
        and (m.endpoint_id = any($2::bigint[])
             or (m.endpoint_id, m.sender_id) in (select * from unnest($3::bigint[], $4::bigint[])))`,
    [tenant, whole, pairs.map((pair) => pair.endpoint), pairs.map((pair) => pair.sender)],
  );
  return rows.map((row) => ({ endpoint: row.endpoint_id, name: row.member_name, sender: knownSender(row) }));
}

/** One change of who is in: in from `seq` on under a name, or (no name) out. Changes of one member come in order. */
export interface MemberChange {
  readonly endpoint: number;
  readonly sender: number;
  readonly seq: number;
  readonly name: string | undefined;
}

export async function changeMembers(sql: Sql, tenant: number, changes: readonly MemberChange[]): Promise<void> {
  // The last change of each member decides what is open; what happened between is in the timeline.
  const last = new Map(changes.map((change) => [`${change.endpoint} ${change.sender}`, change]));
  const all = [...last.values()];
  if (all.length === 0) return;
  await sql.query(
    `update member m set to_seq = w.seq
       from unnest($2::bigint[], $3::bigint[], $4::bigint[]) as w (endpoint, sender, seq)
      where m.tenant_id = $1 and m.endpoint_id = w.endpoint and m.sender_id = w.sender and m.to_seq is null`,
    [tenant, all.map((one) => one.endpoint), all.map((one) => one.sender), all.map((one) => one.seq)],
  );
  const there = all.filter((one) => one.name !== undefined);
  if (there.length === 0) return;
  await sql.query(
    `insert into member (tenant_id, endpoint_id, sender_id, name, from_seq)
     select $1, * from unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[])`,
    [
      tenant,
      there.map((one) => one.endpoint),
      there.map((one) => one.sender),
      there.map((one) => one.name),
      there.map((one) => one.seq),
    ],
  );
}
