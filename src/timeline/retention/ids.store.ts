import type { Sql } from '../../db.ts';

/** A room, and up to where its lines are too old for anybody to name them. */
export interface OldLines {
  readonly tenant: number;
  readonly room: number;
  readonly upto: number;
}

const ROOMS = 200;
/** Lines of one room that one step forgets: with their copies and ids about ten times as many rows. */
const LINES = 200;

/**
 * Of the next rooms after `room`: those that have lines older than `before` that every endpoint has got. Lines of a room are in
 * the order of their times, so its first ones tell; no index over all lines is needed for it. `last`: the last room looked at.
 */
export async function oldLines(sql: Sql, room: number, before: Date): Promise<{ rooms: OldLines[]; last: number | undefined }> {
  const rows = await sql.query<{ tenant: number; room: number; upto: number | null }>(
    `select r.tenant_id as tenant, r.room_id as room, o.upto
       from (select tenant_id, room_id from room where room_id > $1 order by room_id limit ${ROOMS}) r
       left join lateral (
         select max(f.seq) as upto
           from (select seq, received_at from entry e
                  where e.tenant_id = r.tenant_id and e.room_id = r.room_id order by seq limit ${LINES}) f
          where f.received_at < $2
            and not exists (select 1 from endpoint p
                             where p.tenant_id = r.tenant_id and p.room_id = r.room_id and p.state <> 'gone'
                               and p.cursor_seq < least(f.seq, p.until_seq))
       ) o on true
      order by r.room_id`,
    [room, before.toISOString()],
  );
  return { rooms: rows.flatMap(({ upto, ...rest }) => (upto === null ? [] : [{ ...rest, upto }])), last: rows.at(-1)?.room };
}

/** The lines, what is left of their bodies, their copies and their ids; not the newest id of an endpoint: catching up begins there. */
export async function forgetLines(sql: Sql, { tenant, room, upto }: OldLines): Promise<void> {
  const at = [tenant, room, upto];
  const here = 'select endpoint_id from endpoint where tenant_id = $1 and room_id = $2';
  await sql.query(`delete from copy where tenant_id = $1 and endpoint_id in (${here}) and seq <= $3`, at);
  await sql.query(
    `delete from native_id i
      where i.tenant_id = $1 and i.endpoint_id in (${here}) and i.seq <= $3
        and i.native_id is distinct from (select max(n.native_id) from native_id n
                                           where n.tenant_id = i.tenant_id and n.endpoint_id = i.endpoint_id and n.strong and n.heard)`,
    at,
  );
  await sql.query('delete from kept_body where tenant_id = $1 and room_id = $2 and seq <= $3', at);
  await sql.query(`delete from owed where tenant_id = $1 and endpoint_id in (${here}) and seq <= $3`, at);
  await sql.query('delete from entry where tenant_id = $1 and room_id = $2 and seq <= $3', at);
}
