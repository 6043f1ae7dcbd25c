import type { Sql } from '../db.ts';

/** What could not be understood, without its octets. */
export interface Parked {
  readonly id: number;
  readonly network: string;
  /** Where it was said, as far as that was understood. */
  readonly address: string | null;
  readonly why: string;
  readonly size: number;
  readonly at: Date;
}

const shown = `select p.parked_id as id, n.name as network, a.native as address, p.why, length(p.octets) as size, p.parked_at as at
                 from parked p
                 join network n on n.tenant_id = p.tenant_id and n.network_id = p.network_id
                 left join endpoint_address a
                   on a.tenant_id = p.tenant_id and a.endpoint_id = p.endpoint_id and a.kind = 'canonical'`;

/** The oldest first. */
export function parkedList(sql: Sql, tenant: number, max: number): Promise<Parked[]> {
  return sql.query<Parked>(`${shown} where p.tenant_id = $1 order by p.parked_id limit $2`, [tenant, max]);
}

export async function parkedOne(
  sql: Sql,
  tenant: number,
  id: number,
): Promise<(Parked & { readonly octets: string }) | undefined> {
  const rows = await sql.query<Parked>(`${shown} where p.tenant_id = $1 and p.parked_id = $2`, [tenant, id]);
  const bodies = await sql.query<{ octets: Buffer }>('select octets from parked where tenant_id = $1 and parked_id = $2', [
    tenant,
    id,
  ]);
  const [row, body] = [rows[0], bodies[0]];
  return row && body && { ...row, octets: body.octets.toString('utf8') };
}

export async function parkedCount(sql: Sql, tenant: number): Promise<number> {
  const rows = await sql.query<{ count: number }>('select count(*) from parked where tenant_id = $1', [tenant]);
  return rows[0]?.count ?? 0;
}

/** True if there was such a one. */
export async function dropParked(sql: Sql, tenant: number, id: number): Promise<boolean> {
  const rows = await sql.query('delete from parked where tenant_id = $1 and parked_id = $2 returning parked_id', [tenant, id]);
  return rows.length > 0;
}
