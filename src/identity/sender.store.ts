import type { Sql } from '../db.ts';
import type { Sender } from '../networks/network.ts';

/** A sender with its row. */
export interface KnownSender extends Sender {
  readonly id: number;
  readonly networkId: number;
}

export interface SenderOf {
  readonly networkId: number;
  readonly sender: Sender;
}

/** Puts senders in, or brings their names up to date; the rows in the order given. `senders` holds no pair twice. */
export async function upsertSenders(sql: Sql, tenant: number, senders: readonly SenderOf[]): Promise<KnownSender[]> {
  if (senders.length === 0) return [];
  const rows = await sql.query<{ sender_id: number; network_id: number; key: string }>(
    `insert into sender (tenant_id, network_id, key, weak, name, native, uri)
     select $1, * from unnest($2::bigint[], $3::text[], $4::boolean[], $5::text[], $6::text[], $7::text[])
     on conflict (tenant_id, network_id, key) do update set name = excluded.name, native = excluded.native, uri = excluded.uri
     returning sender_id, network_id, key`,
    [
      tenant,
      senders.map((one) => one.networkId),
      senders.map((one) => one.sender.key),
      senders.map((one) => one.sender.weak),
      senders.map((one) => one.sender.name),
      senders.map((one) => one.sender.address?.native ?? null),
      senders.map((one) => one.sender.address?.uri ?? null),
    ],
  );
  const ids = new Map(rows.map((row) => [`${row.network_id} ${row.key}`, row.sender_id]));
  return senders.map(({ networkId, sender }) => ({ ...sender, networkId, id: ids.get(`${networkId} ${sender.key}`) ?? 0 }));
}

export interface SenderRow {
  sender_id: number;
  network_id: number;
  key: string;
  weak: boolean;
  name: string;
  native: string | null;
  uri: string | null;
}

export function knownSender(row: SenderRow): KnownSender {
  const address = row.native !== null && row.uri !== null ? { address: { native: row.native, uri: row.uri } } : {};
  return { id: row.sender_id, networkId: row.network_id, key: row.key, weak: row.weak, name: row.name, ...address };
}
