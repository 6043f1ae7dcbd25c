import type { Sql } from '../db.ts';

/** A native person, and what stands for him elsewhere. */
export interface KnownPerson {
  readonly sender: number;
  readonly network: string;
  readonly name: string;
  readonly address: string | null;
  /** Known by no more than a name in a room: somebody else may bear it tomorrow. */
  readonly weak: boolean;
}

/**
 * The people whom this could name: an address of theirs, the address of a ghost of theirs, a name in a room written
 * `room/name`, or a name. What fits exactly wins over the rest.
 */
export async function peopleNamed(sql: Sql, tenant: number, text: string): Promise<KnownPerson[]> {
  const slash = text.indexOf('/');
  const [room, nick] = slash === -1 ? [null, null] : [text.slice(0, slash), text.slice(slash + 1)];
  const rows = await sql.query<KnownPerson & { rank: number }>(
    `select s.sender_id as sender, n.name as network, s.name, s.native as address, s.weak, min(f.rank) as rank
       from (
         select sender_id, 1 as rank from sender where tenant_id = $1 and lower(native) = lower($2)
         union all select sender_id, 1 from ghost where tenant_id = $1 and lower(native) = lower($2)
         union all select m.sender_id, 1 from member m
           join endpoint_address a on a.tenant_id = m.tenant_id and a.endpoint_id = m.endpoint_id
          where m.tenant_id = $1 and m.to_seq is null and lower(a.native) = lower($3) and m.name = $4
         union all select g.sender_id, 1 from seat t
           join ghost g on g.tenant_id = t.tenant_id and g.ghost_id = t.ghost_id
           join endpoint_address a on a.tenant_id = t.tenant_id and a.endpoint_id = t.endpoint_id
          where t.tenant_id = $1 and lower(a.native) = lower($3) and t.nick = $4
         union all select sender_id, 2 from sender where tenant_id = $1 and lower(name) = lower($2)
       ) f
       join sender s on s.tenant_id = $1 and s.sender_id = f.sender_id
       join network n on n.tenant_id = s.tenant_id and n.network_id = s.network_id
      group by s.sender_id, n.name, s.name, s.native, s.weak
      order by rank, s.sender_id limit 20`,
    [tenant, text, room, nick],
  );
  const best = rows[0]?.rank;
  return rows.filter((row) => row.rank === best).map(({ rank: _rank, ...person }) => person);
}

export interface KnownGhost {
  readonly network: string;
  readonly address: string;
  readonly seats: readonly {
    readonly room: string;
    readonly nick: string;
    readonly state: string;
    readonly why: string | null;
  }[];
}

export function ghostsOf(sql: Sql, tenant: number, sender: number): Promise<KnownGhost[]> {
  return sql.query<KnownGhost>(
    `select n.name as network, g.native as address,
            coalesce((select json_agg(json_build_object('room', a.native, 'nick', t.nick, 'state', t.state, 'why', t.why) order by a.native)
                        from seat t join endpoint_address a
                          on a.tenant_id = t.tenant_id and a.endpoint_id = t.endpoint_id and a.kind = 'canonical'
                       where t.tenant_id = $1 and t.ghost_id = g.ghost_id), '[]') as seats
       from ghost g join network n on n.tenant_id = g.tenant_id and n.network_id = g.network_id
      where g.tenant_id = $1 and g.sender_id = $2 order by n.name`,
    [tenant, sender],
  );
}

/** Where he is now, and under which name. */
export function roomsOf(sql: Sql, tenant: number, sender: number): Promise<{ room: string; name: string }[]> {
  return sql.query<{ room: string; name: string }>(
    `select a.native as room, m.name from member m
       join endpoint_address a on a.tenant_id = m.tenant_id and a.endpoint_id = m.endpoint_id and a.kind = 'canonical'
      where m.tenant_id = $1 and m.sender_id = $2 and m.to_seq is null order by a.native`,
    [tenant, sender],
  );
}
