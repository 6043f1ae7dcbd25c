import type { Sql } from '../db.ts';

export interface Claim {
  readonly tenant: number;
  readonly networks: readonly number[];
  readonly holder: string;
  /** How long the claim holds without being renewed, in seconds, by the database's clock. */
  readonly seconds: number;
}

/** Takes every lease that is free, expired, or held by one of `dead`. True if all are ours now. */
export async function takeLeases(sql: Sql, claim: Claim, dead: readonly string[]): Promise<boolean> {
  const rows = await sql.query<{ network_id: number }>(
    `insert into lease (tenant_id, network_id, epoch, holder, expires_at)
     select $1, w.network, 1, $3, now() + make_interval(secs => $4) from unnest($2::bigint[]) as w (network)
     on conflict (tenant_id, network_id) do update
        set epoch = lease.epoch + 1, holder = excluded.holder, expires_at = excluded.expires_at
      where lease.expires_at < now() or lease.holder = excluded.holder or lease.holder = any($5::text[])
     returning network_id`,
    [claim.tenant, claim.networks, claim.holder, claim.seconds, dead],
  );
  return rows.length === claim.networks.length;
}

export async function holders(sql: Sql, tenant: number, networks: readonly number[]): Promise<string[]> {
  const rows = await sql.query<{ holder: string }>(
    'select distinct holder from lease where tenant_id = $1 and network_id = any($2::bigint[])',
    [tenant, networks],
  );
  return rows.map((row) => row.holder);
}

/** True if all are still ours. */
export async function renewLeases(sql: Sql, claim: Claim): Promise<boolean> {
  const rows = await sql.query<{ network_id: number }>(
    `update lease set expires_at = now() + make_interval(secs => $4)
      where tenant_id = $1 and network_id = any($2::bigint[]) and holder = $3
     returning network_id`,
    [claim.tenant, claim.networks, claim.holder, claim.seconds],
  );
  return rows.length === claim.networks.length;
}

export async function dropLeases(sql: Sql, claim: Claim): Promise<void> {
  await sql.query('update lease set expires_at = now() where tenant_id = $1 and network_id = any($2::bigint[]) and holder = $3', [
    claim.tenant,
    claim.networks,
    claim.holder,
  ]);
}

/** Who holds a lease that has not expired. */
export async function unexpired(sql: Sql): Promise<string[]> {
  const rows = await sql.query<{ holder: string }>('select distinct holder from lease where expires_at > now()');
  return rows.map((row) => row.holder);
}
