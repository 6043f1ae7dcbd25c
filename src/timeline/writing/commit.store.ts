import type { Id } from '../../cpim/envelope.ts';
import { arrayOf, type Plain } from '../../database/array.ts';
import type { Sql } from '../../db.ts';

/** One line to append. `room` and `endpoint` are the origin's. */
export interface NewEntry {
  readonly room: number;
  readonly endpoint: number;
  readonly sender: number;
  readonly kind: string;
  readonly claimedAt: Date;
  readonly octets: Buffer;
  readonly ids: readonly Id[];
  /** What it is about: an entry that is stored, or one of the same batch. */
  target: number | NewEntry | undefined;
}

/** What is known of one part of an entry at an endpoint. */
export interface CopyState {
  readonly endpoint: number;
  readonly seq: number;
  readonly part: number;
  readonly state: 'sent' | 'unconfirmed' | 'refused' | 'dropped';
  readonly degraded?: string | undefined;
  readonly why?: string | undefined;
}

/** A native id of a copy. `heard`: it came down the wire in order, so that everything before it has been stored. */
export interface CopyId extends Id {
  readonly endpoint: number;
  readonly seq: number;
  readonly part: number;
  readonly heard: boolean;
}

export interface Batch {
  readonly tenant: number;
  readonly holder: string;
  readonly networks: readonly number[];
  readonly receivedAt: Date;
  readonly entries: readonly NewEntry[];
  readonly copies: readonly CopyState[];
  readonly ids: readonly CopyId[];
}

export type Committed =
  /** The number of each entry. */
  | { readonly kind: 'written'; readonly seqs: readonly number[] }
  /** These of the entries are stored already; nothing was written. */
  | { readonly kind: 'repeats'; readonly entries: readonly number[] }
  /** Somebody else holds a lease on one of the networks; nothing was written. */
  | { readonly kind: 'not-owner' };

/**
 * The hot path's one statement: fence, numbers, entries with their bodies and ids, copies and their ids, for all rooms and
 * networks at once. Everything of it is written, or nothing. The lease rows are held until the commit; rooms are locked in
 * order, so that nobody deadlocks. Where it looks into a table that grows, `any` and `lateral … limit 1` leave the planner no
 * way but the index: without statistics of a young table it would read all of a tenant.
 */
const statement = `
with owner as materialized (
  select 1 from lease where tenant_id = $1 and network_id = any($2::bigint[]) and holder = $3 for share
), given as materialized (
  select * from unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[], $10::int[], $11::timestamptz[], $12::int[],
                       $13::int[], $30::int[])
           with ordinality as g (room, endpoint, sender, kind, target, beside, claimed, size, nth, start, line)
), id as materialized (
  select * from unnest($14::int[], $15::bigint[], $16::text[], $17::text[], $18::boolean[], $19::boolean[], $20::bigint[], $21::smallint[])
           with ordinality as i (line, endpoint, kind, value, strong, heard, seq, part, n)
), repeat as materialized (
  select distinct i.line from id i
   cross join lateral (select 1 from native_id x
                        where x.tenant_id = $1 and x.endpoint_id = i.endpoint and x.kind = i.kind and x.value = i.value and x.strong
                        limit 1) x
   where i.strong and i.line is not null
), gate as materialized (
  select 1 where (select count(*) from owner) = cardinality($2::bigint[]) and not exists (select 1 from repeat)
), head as (
  update room r set head = r.head + w.n
    from unnest($28::bigint[], $29::int[]) as w (room, n), gate
   where r.tenant_id = $1 and r.room_id = any($28::bigint[]) and r.room_id = w.room
  returning r.room_id, r.head - w.n as before
), numbered as materialized (
  select g.*, h.before + g.nth as seq from given g join head h on h.room_id = g.room
), entries as (
  insert into entry (tenant_id, room_id, seq, origin_endpoint_id, sender_id, kind, target_seq, claimed_at, received_at, archive_at)
  select $1, l.room, l.seq, l.endpoint, l.sender, l.kind,
         coalesce(l.target, (select t.seq from numbered t where t.line = l.beside)), l.claimed, $4::timestamptz, $4::timestamptz
    from numbered l
), bodies as (
  insert into body (tenant_id, room_id, seq, day, octets)
  select $1, room, seq, ($4::timestamptz at time zone 'utc')::date, substring($31::bytea from start for size) from numbered
), origins as (
  insert into copy (tenant_id, endpoint_id, seq, state) select $1, endpoint, seq, 'origin' from numbered
), copies as (
  insert into copy (tenant_id, endpoint_id, seq, part, state, degraded, why)
  select $1, w.* from unnest($22::bigint[], $23::bigint[], $24::smallint[], $25::text[], $26::text[], $27::text[]) as w, gate
  on conflict (tenant_id, endpoint_id, seq, part) do update
     set state = case when copy.state = 'sent' then copy.state else excluded.state end,
         degraded = coalesce(excluded.degraded, copy.degraded),
         why = case when 'sent' in (copy.state, excluded.state) then null else excluded.why end
   where copy.state <> 'sent' or excluded.degraded is not null
), ids as (
  insert into native_id (tenant_id, endpoint_id, kind, value, strong, heard, sender_id, seq, part)
  select $1, i.endpoint, i.kind, i.value, i.strong, i.heard, l.sender, coalesce(i.seq, l.seq), i.part
    from gate, id i left join numbered l on l.line = i.line
   order by i.n
  on conflict (tenant_id, endpoint_id, kind, value) where strong do update set heard = true
   where excluded.heard and not native_id.heard
)
select (select count(*) from owner) as owned,
       array(select line::int from repeat) as repeats,
       array(select seq from numbered order by line) as seqs`;

export async function commit(sql: Sql, batch: Batch): Promise<Committed> {
  const [row] = await sql.query<{ owned: number; repeats: number[]; seqs: number[] }>(statement, parameters(batch));
  if (row?.owned !== batch.networks.length) return { kind: 'not-owner' };
  if (row.repeats.length > 0) return { kind: 'repeats', entries: row.repeats.map((line) => line - 1) };
  return { kind: 'written', seqs: row.seqs };
}

function parameters({ tenant, holder, networks, receivedAt, entries, copies, ids }: Batch): unknown[] {
  const lines = new Map(entries.map((entry, index) => [entry, index + 1]));
  const all = [
    ...entries.flatMap((entry, index) =>
      entry.ids.map((id) => ({ ...id, line: index + 1, endpoint: entry.endpoint, heard: true, seq: undefined, part: 0 })),
    ),
    ...onceStrong(ids).map((id) => ({ ...id, line: undefined })),
  ];
  const { counts, places } = countRooms(entries);
  return [
    tenant,
    networks,
    holder,
    receivedAt,
    ...columns(entries, [
      (one) => one.room,
      (one) => one.endpoint,
      (one) => one.sender,
      (one) => one.kind,
      ({ target }) => (typeof target === 'number' ? target : undefined),
      ({ target }) => (typeof target === 'object' ? lines.get(target) : undefined),
      (one) => one.claimedAt.toISOString(),
      (one) => one.octets.length,
    ]),
    arrayOf(places),
    ...columns(all, [
      (id) => id.line,
      (id) => id.endpoint,
      (id) => id.kind,
      (id) => id.value,
      (id) => id.strong,
      (id) => id.heard,
      (id) => id.seq,
      (id) => id.part,
    ]),
    ...columns(once(copies), [
      (one) => one.endpoint,
      (one) => one.seq,
      (one) => one.part,
      (one) => one.state,
      (one) => one.degraded,
      (one) => one.why,
    ]),
    arrayOf([...counts.keys()]),
    arrayOf([...counts.values()]),
    arrayOf(starts(entries)),
    // One value of octets crosses as it is; an array of them would be written in hexadecimal.
    Buffer.concat(entries.map((one) => one.octets)),
  ];
}

/** An array for each column of a table of things. */
function columns<T>(things: readonly T[], of: readonly ((one: T) => Plain)[]): string[] {
  return of.map((column) => arrayOf(things.map(column)));
}

/** Where the octets of each entry begin, from 1. */
function starts(entries: readonly NewEntry[]): number[] {
  let next = 1;
  return entries.map(({ octets }) => {
    const start = next;
    next += octets.length;
    return start;
  });
}

/** How many entries each room gets, and of each entry the how manieth of its room it is, from 1. */
function countRooms(entries: readonly NewEntry[]): { readonly counts: ReadonlyMap<number, number>; readonly places: number[] } {
  const counts = new Map<number, number>();
  const places = entries.map(({ room }) => {
    const place = (counts.get(room) ?? 0) + 1;
    counts.set(room, place);
    return place;
  });
  return { counts, places };
}

/** A delivery and its echo may say the same in one batch, and one statement may not touch a row twice. */
function once(copies: readonly CopyState[]): CopyState[] {
  const places = new Map<string, CopyState>();
  for (const copy of copies) {
    const place = `${copy.endpoint} ${copy.seq} ${copy.part}`;
    const other = places.get(place);
    const sent = [other, copy].find((one) => one?.state === 'sent');
    const degraded = copy.degraded ?? other?.degraded;
    places.set(place, { ...(sent ?? copy), ...(degraded === undefined ? {} : { degraded }) });
  }
  return [...places.values()].sort((a, b) => a.endpoint - b.endpoint || a.seq - b.seq || a.part - b.part);
}

/** The first of equal ids stands; it was heard if any of them was. */
function onceStrong(ids: readonly CopyId[]): CopyId[] {
  const names = new Map<string, CopyId>();
  for (const id of ids) {
    const name = `${id.endpoint} ${id.kind} ${id.value} ${id.strong ? '' : `${id.seq} ${id.part}`}`;
    const other = names.get(name);
    names.set(name, other ? { ...other, heard: other.heard || id.heard } : id);
  }
  return [...names.values()];
}
