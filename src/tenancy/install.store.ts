import { randomBytes } from 'node:crypto';
import type { Database } from '../db.ts';

/** What makes this database's ids its own. */
export interface Install {
  /** Eight letters and digits, in every id that goes out; names this install in hop traces. */
  readonly salt: string;
  readonly secret: Buffer;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

export async function loadInstall(db: Database): Promise<Install> {
  const salt = [...randomBytes(8)].map((octet) => alphabet[octet % alphabet.length]).join('');
  await db.query('insert into install (salt, secret) values ($1, $2) on conflict do nothing', [salt, randomBytes(32)]);
  const rows = await db.query<{ salt: string; secret: Buffer }>('select salt, secret from install');
  const row = rows[0];
  if (!row) throw new Error('the install row is missing');
  return row;
}

/** The tenant of this name, made on first use. */
export async function loadTenant(db: Database, name: string): Promise<number> {
  await db.query('insert into tenant (name) values ($1) on conflict do nothing', [name]);
  const rows = await db.query<{ tenant_id: number }>('select tenant_id from tenant where name = $1', [name]);
  return rows[0]?.tenant_id ?? 0;
}

/** The row of a configured network, made on first use. A name keeps its protocol. */
export async function loadNetwork(db: Database, tenant: number, name: string, protocol: string): Promise<number> {
  await db.query('insert into network (tenant_id, name, protocol) values ($1, $2, $3) on conflict do nothing', [
    tenant,
    name,
    protocol,
  ]);
  const rows = await db.query<{ network_id: number; protocol: string }>(
    'select network_id, protocol from network where tenant_id = $1 and name = $2',
    [tenant, name],
  );
  const row = rows[0];
  if (!row || row.protocol !== protocol)
    throw new Error(`network ${name} was of protocol ${row?.protocol}: give the new one another name`);
  return row.network_id;
}

export async function readNote(db: Database, tenant: number, network: number, key: string): Promise<string | undefined> {
  const rows = await db.query<{ value: string }>(
    'select value from network_state where tenant_id = $1 and network_id = $2 and key = $3',
    [tenant, network, key],
  );
  return rows[0]?.value;
}

export async function writeNote(
  db: Database,
  at: { readonly tenant: number; readonly network: number },
  key: string,
  value: string,
): Promise<void> {
  await db.query(
    `insert into network_state (tenant_id, network_id, key, value) values ($1, $2, $3, $4)
     on conflict (tenant_id, network_id, key) do update set value = excluded.value`,
    [at.tenant, at.network, key, value],
  );
}
