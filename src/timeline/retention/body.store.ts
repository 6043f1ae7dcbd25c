import type { Sql } from '../../db.ts';
import type { Day } from './days.ts';

/** Where a step of the trimmer goes on. */
export interface Place {
  readonly tenant: number;
  readonly room: number;
  readonly seq: number;
}

export const start: Place = { tenant: 0, room: 0, seq: 0 };

export interface OldBody extends Place {
  readonly day: Day;
  readonly octets: Buffer;
  readonly kind: string | null;
  readonly author: string | null;
  /** Its room keeps it for longer, or a lane still has to carry it. */
  readonly needed: boolean;
  readonly retracted: boolean;
}

export interface OldBodies {
  /** A partition, or one of the tables that hold bodies by row. */
  readonly table: string;
  readonly after: Place;
  readonly today: Day;
  /** For how long a room keeps its bodies that says nothing. */
  readonly days: number;
  /** Only of rooms that keep theirs for a shorter time. */
  readonly impatient: boolean;
}

const PAGE = 200;

/** The next bodies after a place, in the order of the key. Those of one page are all that a step holds in memory. */
export function oldBodies(sql: Sql, { table, after, today, days, impatient }: OldBodies): Promise<OldBody[]> {
  return sql.query<OldBody>(
    `select b.tenant_id as tenant, b.room_id as room, b.seq, b.day, b.octets, e.kind, s.name as author,
            b.day + coalesce(r.body_days, $4) >= $5::date
              or exists (select 1 from endpoint p
                          where p.tenant_id = b.tenant_id and p.room_id = b.room_id and p.state <> 'gone'
                            and p.cursor_seq < b.seq and b.seq <= coalesce(p.until_seq, b.seq)) as needed,
            exists (select 1 from entry x
                     where x.tenant_id = b.tenant_id and x.room_id = b.room_id and x.target_seq = b.seq
                       and x.kind = 'retraction') as retracted
       from ${table} b
       join room r on r.tenant_id = b.tenant_id and r.room_id = b.room_id
       left join entry e on e.tenant_id = b.tenant_id and e.room_id = b.room_id and e.seq = b.seq
       left join sender s on s.tenant_id = e.tenant_id and s.sender_id = e.sender_id
      where (b.tenant_id, b.room_id, b.seq) > ($1, $2, $3)
        and (not $6 or (r.body_days < $4 and b.day + r.body_days < $5::date))
      order by b.tenant_id, b.room_id, b.seq limit ${PAGE}`,
    [after.tenant, after.room, after.seq, days, today, impatient],
  );
}

const columns = (rows: readonly Place[]): number[][] => [
  rows.map((row) => row.tenant),
  rows.map((row) => row.room),
  rows.map((row) => row.seq),
];

export async function keepBodies(sql: Sql, rows: readonly OldBody[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.query(
    `insert into kept_body (tenant_id, room_id, seq, day, octets)
     select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::date[], $5::bytea[])
     on conflict do nothing`,
    [...columns(rows), rows.map((row) => row.day), rows.map((row) => row.octets)],
  );
}

export async function deleteBodies(sql: Sql, table: string, rows: readonly OldBody[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.query(
    `delete from ${table} b using unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::date[]) as w (tenant, room, seq, day)
      where b.tenant_id = w.tenant and b.room_id = w.room and b.seq = w.seq and b.day = w.day`,
    [...columns(rows), rows.map((row) => row.day)],
  );
}

export interface Excerpt extends Place {
  readonly day: Day;
  readonly author: string;
  readonly text: string;
}

export async function insertExcerpts(sql: Sql, rows: readonly Excerpt[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.query(
    `insert into excerpt (tenant_id, room_id, seq, day, author, text)
     select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::date[], $5::text[], $6::text[])
     on conflict do nothing`,
    [...columns(rows), rows.map((row) => row.day), rows.map((row) => row.author), rows.map((row) => row.text)],
  );
}

/** Excerpts that found no partition of their days, older than `before`. Returns whether there may be more. */
export async function deleteStrayExcerpts(sql: Sql, before: Day): Promise<boolean> {
  const rows = await sql.query(
    `delete from excerpt_rest where ctid = any (array(select ctid from excerpt_rest where day < $1 limit ${PAGE})) returning 1`,
    [before],
  );
  return rows.length === PAGE;
}

/** Whether any room keeps its bodies for a shorter time than all do. */
export async function hasImpatient(sql: Sql, days: number): Promise<boolean> {
  const rows = await sql.query('select 1 from room where body_days < $1 limit 1', [days]);
  return rows.length > 0;
}
