import type { Id } from '../cpim/envelope.ts';
import type { Sql } from '../db.ts';

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
