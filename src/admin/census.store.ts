import type { Sql } from '../db.ts';

/** How many there are on each network, in one word of their state. */
export interface Counted {
  readonly network: string;
  readonly what: 'ghost' | 'seat' | 'member' | 'parked' | 'owed';
  /** Of a seat; '' otherwise. */
  readonly state: string;
  readonly count: number;
}

/** Everything that only the tables know the number of, in one statement; a network without any of it has no row. */
export function census(sql: Sql, tenant: number): Promise<Counted[]> {
  return sql.query<Counted & Record<string, unknown>>(
    `select n.name as network, c.what, c.state, c.count
       from network n
       join (select network_id, 'ghost' as what, '' as state, count(*) as count from ghost where tenant_id = $1 group by 1
              union all
             select e.network_id, 'seat', s.state, count(*)
               from seat s join endpoint e on e.tenant_id = s.tenant_id and e.endpoint_id = s.endpoint_id
              where s.tenant_id = $1 and e.state in ('active', 'draining') group by 1, 3
              union all
             select e.network_id, 'member', '', count(*)
               from member m join endpoint e on e.tenant_id = m.tenant_id and e.endpoint_id = m.endpoint_id
              where m.tenant_id = $1 and m.to_seq is null and e.state in ('active', 'draining') group by 1
              union all
             select network_id, 'parked', '', count(*) from parked where tenant_id = $1 group by 1
              union all
             select e.network_id, 'owed', '', count(*)
               from owed o
               join endpoint t on t.tenant_id = o.tenant_id and t.endpoint_id = o.endpoint_id
               join entry x on x.tenant_id = o.tenant_id and x.room_id = t.room_id and x.seq = o.seq
               join endpoint e on e.tenant_id = x.tenant_id and e.endpoint_id = x.origin_endpoint_id
              where o.tenant_id = $1 group by 1) c
         on c.network_id = n.network_id
      where n.tenant_id = $1`,
    [tenant],
  );
}

/**
 * When something was last said at each endpoint by the people there. Looks at the latest 200 lines of a room: a side that has
 * been silent for longer is as if it had never spoken.
 */
export function lastHeard(sql: Sql, tenant: number): Promise<{ readonly endpoint: number; readonly at: Date }[]> {
  return sql.query<{ endpoint: number; at: Date }>(
    `select e.endpoint_id as endpoint, x.received_at as at
       from endpoint e
       join room r on r.tenant_id = e.tenant_id and r.room_id = e.room_id
      cross join lateral (
        select n.received_at from entry n
         where n.tenant_id = e.tenant_id and n.room_id = e.room_id and n.seq > r.head - 200
           and n.origin_endpoint_id = e.endpoint_id and n.kind <> 'membership'
         order by n.seq desc limit 1) x
      where e.tenant_id = $1 and e.state in ('active', 'draining')`,
    [tenant],
  );
}
