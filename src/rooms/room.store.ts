import type { Address } from '../cpim/address.ts';
import type { Id } from '../cpim/envelope.ts';
import type { Reason } from '../cpim/reasons.ts';
import type { Database, Sql } from '../db.ts';
import type { Endpoint, EndpointSettings } from '../networks/network.ts';

export type EndpointState = 'joining' | 'active' | 'draining' | 'gone';

/** An endpoint as the core keeps it: the contract's part, and where its lane stands. */
export interface EndpointRow extends Endpoint {
  readonly tenant: number;
  readonly networkId: number;
  /** The canonical one; it may change while the link is made, or when a room moves. */
  address: Address;
  state: EndpointState;
  fromSeq: number;
  untilSeq: number | undefined;
  cursor: number;
  startMarker: string | undefined;
  /** Our listener is in, as far as we know. */
  isEntered: boolean;
  /** When somebody native last said something there, epoch milliseconds; undefined: not since we started. */
  heardAt: number | undefined;
  /** Why it cannot be used just now. */
  trouble: Reason | undefined;
}

interface Row {
  tenant_id: number;
  endpoint_id: number;
  room_id: number;
  network_id: number;
  network: string;
  native: string;
  uri: string;
  settings: EndpointSettings;
  state: EndpointState;
  from_seq: number;
  until_seq: number | null;
  cursor_seq: number;
  start_marker: string | null;
}

const columns = `e.tenant_id, e.endpoint_id, e.room_id, e.network_id, n.name as network, a.native, a.uri, e.settings, e.state,
                 e.from_seq, e.until_seq, e.cursor_seq, e.start_marker`;
const joined = `endpoint e
                join network n on n.tenant_id = e.tenant_id and n.network_id = e.network_id
                join endpoint_address a on a.tenant_id = e.tenant_id and a.endpoint_id = e.endpoint_id and a.kind = 'canonical'`;

function endpoint(row: Row): EndpointRow {
  return {
    tenant: row.tenant_id,
    id: row.endpoint_id,
    room: row.room_id,
    networkId: row.network_id,
    network: row.network,
    address: { uri: row.uri, native: row.native },
    settings: row.settings,
    state: row.state,
    fromSeq: row.from_seq,
    untilSeq: row.until_seq ?? undefined,
    cursor: row.cursor_seq,
    startMarker: row.start_marker ?? undefined,
    isEntered: false,
    heardAt: undefined,
    trouble: undefined,
  };
}

/** A place as people write it: in a direct chat, whom the ghost talks to. */
export function shownPlace({ address, settings }: Pick<Endpoint, 'address' | 'settings'>): string {
  return settings.direct?.peer ?? address.native;
}

/** Every endpoint that is not gone, those first in whose rooms something was said last. */
export async function livingEndpoints(db: Sql, tenant: number): Promise<EndpointRow[]> {
  const rows = await db.query<Row & Record<string, unknown>>(
    `select ${columns} from ${joined} where e.tenant_id = $1 and e.state <> 'gone'
      order by (select n.received_at from entry n
                 where n.tenant_id = e.tenant_id and n.room_id = e.room_id order by n.seq desc limit 1) desc nulls last, e.endpoint_id`,
    [tenant],
  );
  return alike(rows).map(endpoint);
}

/** Thousands of rows say the same: they share what they say. */
function alike<R extends Pick<Row, 'network' | 'settings'>>(rows: readonly R[]): R[] {
  const networks = new Map(rows.map(({ network }) => [network, network]));
  const settings = new Map(rows.map((row) => [JSON.stringify(row.settings), row.settings]));
  return rows.map((row) => ({
    ...row,
    network: networks.get(row.network) ?? row.network,
    settings: settings.get(JSON.stringify(row.settings)) ?? row.settings,
  }));
}

export async function createRoom(db: Sql, tenant: number, kind: 'group' | 'direct'): Promise<number> {
  const rows = await db.query<{ room_id: number }>('insert into room (tenant_id, kind) values ($1, $2) returning room_id', [
    tenant,
    kind,
  ]);
  return rows[0]?.room_id ?? 0;
}

export interface NewEndpoint {
  readonly tenant: number;
  readonly room: number;
  readonly networkId: number;
  readonly network: string;
  readonly address: Address;
  readonly settings: EndpointSettings;
}

/**
 * A new endpoint in state `joining`; fails with a unique violation (23505) if the address is in use. The timeline concerns it
 * from the room's present head on.
 */
export function createEndpoint(db: Database, made: NewEndpoint): Promise<EndpointRow> {
  return db.transaction((sql) => insertEndpoint(sql, made, 'joining'));
}

async function insertEndpoint(sql: Sql, made: NewEndpoint, state: EndpointState): Promise<EndpointRow> {
  const rows = await sql.query<{ endpoint_id: number; from_seq: number }>(
    `insert into endpoint (tenant_id, room_id, network_id, state, settings, from_seq, cursor_seq)
     select tenant_id, room_id, $3, $5, $4::jsonb, head, head from room where tenant_id = $1 and room_id = $2
     returning endpoint_id, from_seq`,
    [made.tenant, made.room, made.networkId, JSON.stringify(made.settings), state],
  );
  const { endpoint_id: id, from_seq: head } = rows[0] ?? { endpoint_id: 0, from_seq: 0 };
  await sql.query(
    `insert into endpoint_address (tenant_id, endpoint_id, network_id, native, uri, kind)
     values ($1, $2, $3, $4, $5, 'canonical')`,
    [made.tenant, id, made.networkId, made.address.native, made.address.uri],
  );
  return {
    ...made,
    id,
    state,
    fromSeq: head,
    untilSeq: undefined,
    cursor: head,
    startMarker: undefined,
    isEntered: false,
    heardAt: undefined,
    trouble: undefined,
  };
}

/** A room of two, which is there with both of its endpoints or not at all. Fails with 23505 if one of the addresses is in use. */
export async function createDirect(
  db: Database,
  tenant: number,
  places: readonly Omit<NewEndpoint, 'tenant' | 'room'>[],
): Promise<EndpointRow[]> {
  return db.transaction(async (sql) => {
    const room = await createRoom(sql, tenant, 'direct');
    const made: EndpointRow[] = [];
    for (const place of places) made.push(await insertEndpoint(sql, { ...place, tenant, room }, 'active'));
    return made;
  });
}

/** The address it was asked for by becomes an alias of the canonical one. */
export async function readdress(db: Database, at: EndpointRow, address: Address): Promise<void> {
  await db.transaction(async (sql) => {
    await sql.query(
      `update endpoint_address set kind = 'alias' where tenant_id = $1 and endpoint_id = $2 and kind = 'canonical'`,
      [at.tenant, at.id],
    );
    await sql.query(
      `insert into endpoint_address (tenant_id, endpoint_id, network_id, native, uri, kind)
       values ($1, $2, $3, $4, $5, 'canonical')`,
      [at.tenant, at.id, at.networkId, address.native, address.uri],
    );
  });
}

export async function activate(db: Sql, at: EndpointRow, marker: string | undefined): Promise<void> {
  await db.query(`update endpoint set state = 'active', start_marker = $3 where tenant_id = $1 and endpoint_id = $2`, [
    at.tenant,
    at.id,
    marker ?? null,
  ]);
}

/** What the room has now is still delivered, nothing later. Returns that head. */
export async function drain(db: Sql, at: EndpointRow): Promise<number> {
  const rows = await db.query<{ until_seq: number }>(
    `update endpoint e set state = 'draining', until_seq = coalesce(e.until_seq, r.head)
       from room r
      where e.tenant_id = $1 and e.endpoint_id = $2 and r.tenant_id = e.tenant_id and r.room_id = e.room_id
     returning e.until_seq`,
    [at.tenant, at.id],
  );
  return rows[0]?.until_seq ?? 0;
}

export async function bury(db: Database, at: EndpointRow, why: string): Promise<void> {
  await db.transaction(async (sql) => {
    await sql.query(`update endpoint set state = 'gone', why = $3 where tenant_id = $1 and endpoint_id = $2`, [
      at.tenant,
      at.id,
      why,
    ]);
    await sql.query('update endpoint_address set active = false where tenant_id = $1 and endpoint_id = $2', [at.tenant, at.id]);
  });
}

/** The newest strong id that came down the wire of an endpoint: what is older has all been stored. */
export async function newestId(db: Sql, at: EndpointRow): Promise<string | undefined> {
  const rows = await db.query<{ value: string }>(
    `select value from native_id where tenant_id = $1 and endpoint_id = $2 and strong and heard order by native_id desc limit 1`,
    [at.tenant, at.id],
  );
  return rows[0]?.value;
}

/** Which of these ids are stored at an endpoint, in the order given. */
export async function knownIds(db: Sql, tenant: number, endpoint: number, ids: readonly Id[]): Promise<boolean[]> {
  const rows = await db.query<{ n: number }>(
    `select w.n from unnest($3::text[], $4::text[], $5::boolean[]) with ordinality as w (kind, value, strong, n)
      cross join lateral (select 1 from native_id i
                           where i.tenant_id = $1 and i.endpoint_id = $2 and i.value = w.value and i.kind = w.kind and i.strong and w.strong
                           union all
                          select 1 from native_id i
                           where i.tenant_id = $1 and i.endpoint_id = $2 and i.value = w.value and i.kind = w.kind and not i.strong and not w.strong
                           limit 1) x`,
    [tenant, endpoint, ids.map((id) => id.kind), ids.map((id) => id.value), ids.map((id) => id.strong)],
  );
  const found = new Set(rows.map((row) => row.n));
  return ids.map((_, index) => found.has(index + 1));
}

/** The endpoint that is known by this address, alias or canonical. */
export async function endpointByAddress(db: Sql, tenant: number, network: string, native: string): Promise<number | undefined> {
  const rows = await db.query<{ endpoint_id: number }>(
    `select a.endpoint_id from endpoint_address a
       join network n on n.tenant_id = a.tenant_id and n.network_id = a.network_id
      where a.tenant_id = $1 and n.name = $2 and a.native = $3 and a.active`,
    [tenant, network, native],
  );
  return rows[0]?.endpoint_id;
}

/** For how many days the room keeps what was said; null: as long as all do. */
export async function keepFor(db: Sql, at: Pick<EndpointRow, 'tenant' | 'room'>, days: number | null): Promise<void> {
  await db.query('update room set body_days = $3 where tenant_id = $1 and room_id = $2', [at.tenant, at.room, days]);
}
