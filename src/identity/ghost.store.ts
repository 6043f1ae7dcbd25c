import type { Address } from '../cpim/address.ts';
import type { Sql } from '../db.ts';

/** The ghost of a sender on a network: made on first use, the same for ever. */
export async function keepGhost(
  sql: Sql,
  made: { readonly tenant: number; readonly networkId: number; readonly senderId: number; readonly address: Address },
): Promise<{ id: number; address: Address }> {
  const rows = await sql.query<{ ghost_id: number; native: string; uri: string }>(
    `insert into ghost (tenant_id, network_id, sender_id, native, uri) values ($1, $2, $3, $4, $5)
     on conflict (tenant_id, network_id, sender_id) do update set sender_id = excluded.sender_id
     returning ghost_id, native, uri`,
    [made.tenant, made.networkId, made.senderId, made.address.native, made.address.uri],
  );
  const row = rows[0];
  return { id: row?.ghost_id ?? 0, address: { native: row?.native ?? '', uri: row?.uri ?? '' } };
}
