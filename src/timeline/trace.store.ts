import type { Id } from '../cpim/envelope.ts';
import type { Sql } from '../db.ts';

/** What an endpoint still has to get. */
export interface Backlog {
  readonly endpoint: number;
  readonly waiting: number;
  /** When the oldest of it was stored. */
  readonly oldest: Date | null;
}

/** Of these endpoints; of all, if none are named. Counts every line: for who asks now and then. */
export function backlogs(sql: Sql, tenant: number, endpoints?: readonly number[]): Promise<Backlog[]> {
  return sql.query<{ endpoint: number; waiting: number; oldest: Date | null }>(
    `select e.endpoint_id as endpoint, w.waiting, w.oldest
       from endpoint e
       join room r on r.tenant_id = e.tenant_id and r.room_id = e.room_id
      cross join lateral (
        select count(*) as waiting, min(n.received_at) as oldest
          from entry n
         where r.head > e.cursor_seq and n.tenant_id = e.tenant_id and n.room_id = e.room_id and n.seq > e.cursor_seq
           and n.seq <= coalesce(e.until_seq, n.seq) and n.origin_endpoint_id <> e.endpoint_id
           and not exists (select 1 from copy c
                            where c.tenant_id = n.tenant_id and c.endpoint_id = e.endpoint_id and c.seq = n.seq)) w
      where e.tenant_id = $1 and e.state in ('active', 'draining')
        and ($2::bigint[] is null or e.endpoint_id = any($2))`,
    [tenant, endpoints ?? null],
  );
}

/** Where an entry is: its room and its number there. */
export interface EntryPlace {
  readonly room: number;
  readonly seq: number;
}

/** The entries that bear this id at any endpoint, the newest first. A weak id may be of many. */
export function entriesById(sql: Sql, tenant: number, value: string): Promise<EntryPlace[]> {
  return sql.query<{ room: number; seq: number }>(
    `select e.room_id as room, i.seq
       from native_id i join endpoint e on e.tenant_id = i.tenant_id and e.endpoint_id = i.endpoint_id
      where i.tenant_id = $1 and i.value = $2
      group by e.room_id, i.seq order by max(i.native_id) desc limit 10`,
    [tenant, value],
  );
}

export async function roomOfEndpoint(sql: Sql, tenant: number, endpoint: number): Promise<number | undefined> {
  const rows = await sql.query<{ room_id: number }>('select room_id from endpoint where tenant_id = $1 and endpoint_id = $2', [
    tenant,
    endpoint,
  ]);
  return rows[0]?.room_id;
}

export interface TracedEntry {
  readonly kind: string;
  readonly origin: number;
  readonly sender: string;
  readonly target: number | null;
  readonly octets: number | null;
  readonly claimedAt: Date;
  readonly receivedAt: Date;
}

export async function tracedEntry(sql: Sql, tenant: number, { room, seq }: EntryPlace): Promise<TracedEntry | undefined> {
  const rows = await sql.query<TracedEntry>(
    `select e.kind, e.origin_endpoint_id as origin, s.name as sender, e.target_seq as target, length(coalesce(b.octets, k.octets)) as octets,
            e.claimed_at as "claimedAt", e.received_at as "receivedAt"
       from entry e
       join sender s on s.tenant_id = e.tenant_id and s.sender_id = e.sender_id
       left join body b on b.tenant_id = e.tenant_id and b.room_id = e.room_id and b.seq = e.seq
       left join kept_body k on k.tenant_id = e.tenant_id and k.room_id = e.room_id and k.seq = e.seq
      where e.tenant_id = $1 and e.room_id = $2 and e.seq = $3`,
    [tenant, room, seq],
  );
  return rows[0];
}

export interface TracedCopy {
  readonly endpoint: number;
  readonly network: string;
  readonly address: string;
  readonly endpointState: string;
  /** Of the endpoint: what is older than the link, or newer than its end, does not concern it. */
  readonly concerned: boolean;
  readonly part: number | null;
  readonly state: string | null;
  readonly degraded: string | null;
  readonly why: string | null;
  readonly settledAt: Date | null;
  readonly ids: readonly Id[];
  /** Its sender is still to be told. */
  readonly owed: boolean;
}

/** One row for each part at each endpoint of the room, those that were cut off since included. */
export function tracedCopies(sql: Sql, tenant: number, { room, seq }: EntryPlace): Promise<TracedCopy[]> {
  return sql.query<TracedCopy>(
    `select e.endpoint_id as endpoint, n.name as network, a.native as address, e.state as "endpointState",
            $3 > e.from_seq and $3 <= coalesce(e.until_seq, $3) as concerned,
            c.part, c.state, c.degraded, c.why, c.settled_at as "settledAt",
            coalesce((select json_agg(json_build_object('kind', i.kind, 'value', i.value, 'strong', i.strong) order by i.first)
                        from (select kind, value, strong, min(native_id) as first from native_id
                               where tenant_id = $1 and endpoint_id = e.endpoint_id and seq = $3 and part = coalesce(c.part, 0)
                               group by kind, value, strong) i), '[]') as ids,
            exists (select 1 from owed o where o.tenant_id = $1 and o.endpoint_id = e.endpoint_id and o.seq = $3) as owed
       from endpoint e
       join network n on n.tenant_id = e.tenant_id and n.network_id = e.network_id
       join endpoint_address a on a.tenant_id = e.tenant_id and a.endpoint_id = e.endpoint_id and a.kind = 'canonical'
       left join copy c on c.tenant_id = e.tenant_id and c.endpoint_id = e.endpoint_id and c.seq = $3
      where e.tenant_id = $1 and e.room_id = $2 and (e.state <> 'gone' or c.seq is not null)
      order by e.endpoint_id, c.part`,
    [tenant, room, seq],
  );
}
