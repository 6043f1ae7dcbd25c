import type { Sql } from '../db.ts';
import type { Ghost, Seat } from '../networks/network.ts';

export interface SeatKey {
  readonly tenant: number;
  readonly endpoint: number;
}

/** Seats that are taken, with the name each ghost was granted. */
export async function seatsOf(sql: Sql, at: SeatKey): Promise<Seat[]> {
  const rows = await sql.query<{ ghost_id: number; native: string; uri: string; name: string; nick: string }>(
    `select g.ghost_id, g.native, g.uri, p.name, s.nick
       from seat s
       join ghost g on g.tenant_id = s.tenant_id and g.ghost_id = s.ghost_id
       join sender p on p.tenant_id = g.tenant_id and p.sender_id = g.sender_id
      where s.tenant_id = $1 and s.endpoint_id = $2 and s.state = 'seated'
      order by s.ghost_id`,
    [at.tenant, at.endpoint],
  );
  return rows.map((row) => ({
    nick: row.nick,
    ghost: { id: row.ghost_id, name: row.name, address: { native: row.native, uri: row.uri } },
  }));
}

async function put(
  sql: Sql,
  at: SeatKey,
  ghost: Pick<Ghost, 'id'>,
  seat: { readonly nick: string; readonly state: 'seated' | 'left' | 'relay'; readonly why?: string },
): Promise<void> {
  await sql.query(
    `insert into seat (tenant_id, endpoint_id, ghost_id, nick, state, why) values ($1, $2, $3, $4, $5, $6)
     on conflict (tenant_id, endpoint_id, ghost_id) do update
        set state = excluded.state, spoken_on = current_date, why = excluded.why, nick = case when excluded.nick = '' then seat.nick else excluded.nick end`,
    [at.tenant, at.endpoint, ghost.id, seat.nick, seat.state, seat.why ?? null],
  );
}

export function keepSeat(sql: Sql, at: SeatKey, seat: Seat): Promise<void> {
  return put(sql, at, seat.ghost, { nick: seat.nick, state: 'seated' });
}

/** The nick stays known for the next time. */
export function leaveSeat(sql: Sql, at: SeatKey, ghost: Pick<Ghost, 'id'>): Promise<void> {
  return put(sql, at, ghost, { nick: '', state: 'left' });
}

/** Undefined: it never had a seat there. */
export async function stateOf(sql: Sql, at: SeatKey, ghost: Ghost): Promise<string | undefined> {
  const rows = await sql.query<{ state: string }>(
    'select state from seat where tenant_id = $1 and endpoint_id = $2 and ghost_id = $3',
    [at.tenant, at.endpoint, ghost.id],
  );
  return rows[0]?.state;
}

/** The listener speaks for this ghost from now on. True if that is new. */
export async function relaySeat(sql: Sql, at: SeatKey, ghost: Ghost, why: string): Promise<boolean> {
  const before = await stateOf(sql, at, ghost);
  await put(sql, at, ghost, { nick: '', state: 'relay', why });
  return before !== 'relay';
}

/** A ghost that has a seat and does not use it. */
export interface IdleSeat {
  readonly endpoint: number;
  readonly ghost: Ghost;
  readonly sender: number;
}

/** At each of these endpoints the ghost that has been silent for the longest time, if for more than so many days. */
export async function idleSeats(sql: Sql, tenant: number, endpoints: readonly number[], days: number): Promise<IdleSeat[]> {
  const rows = await sql.query<{
    endpoint_id: number;
    ghost_id: number;
    native: string;
    uri: string;
    name: string;
    sender_id: number;
  }>(
    `select distinct on (s.endpoint_id) s.endpoint_id, g.ghost_id, g.native, g.uri, p.name, p.sender_id
       from seat s
       join ghost g on g.tenant_id = s.tenant_id and g.ghost_id = s.ghost_id
       join sender p on p.tenant_id = g.tenant_id and p.sender_id = g.sender_id
      where s.tenant_id = $1 and s.endpoint_id = any ($2::bigint[]) and s.state = 'seated' and s.spoken_on < current_date - $3::integer
      order by s.endpoint_id, s.spoken_on, s.ghost_id`,
    [tenant, endpoints, days],
  );
  return rows.map((row) => ({
    endpoint: row.endpoint_id,
    ghost: { id: row.ghost_id, name: row.name, address: { native: row.native, uri: row.uri } },
    sender: row.sender_id,
  }));
}

/** These ghosts have spoken at these endpoints, pair by pair. */
export async function touchSeats(
  sql: Sql,
  tenant: number,
  endpoints: readonly number[],
  ghosts: readonly number[],
): Promise<void> {
  await sql.query(
    `update seat s set spoken_on = current_date
       from unnest($2::bigint[], $3::bigint[]) as w (endpoint, ghost)
      where s.tenant_id = $1 and s.endpoint_id = w.endpoint and s.ghost_id = w.ghost and s.spoken_on < current_date`,
    [tenant, endpoints, ghosts],
  );
}
