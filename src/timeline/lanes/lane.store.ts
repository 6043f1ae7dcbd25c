import { fromCpim } from '../../cpim/carry/carry.ts';
import { plain } from '../../cpim/degrade/plain.ts';
import type { Sql } from '../../db.ts';
import { knownSender, type SenderRow } from '../../identity/sender.store.ts';
import type { EndpointRow } from '../../rooms/room.store.ts';
import type { Line } from '../writing/append.ts';

/** Which partition holds the body of `e`: without it Postgres would look into each. */
const day = `(e.received_at at time zone 'UTC')::date`;

/** A line that an endpoint still has to get. */
export interface Waiting extends Line {
  /** Taken back meanwhile: it is not sent, but it may be there already. */
  readonly isRetracted: boolean;
}

/** The next lines that an endpoint still has to get after `seq`: not its own, not settled. */
export async function linesAfter(sql: Sql, at: EndpointRow, seq: number, max: number): Promise<Waiting[]> {
  const rows = await sql.query<
    SenderRow & {
      received_at: Date;
      seq: number;
      origin_endpoint_id: number;
      target_seq: number | null;
      octets: Buffer;
      retracted: boolean;
    }
  >(
    `select e.received_at, e.seq, e.origin_endpoint_id, e.target_seq,
            coalesce(b.octets, k.octets) as octets, s.sender_id, s.network_id, s.key, s.weak, s.name, s.native, s.uri,
            exists (select 1 from entry r where r.tenant_id = $1 and r.room_id = $2 and r.target_seq > $3
                                            and r.target_seq = e.seq and r.kind = 'retraction') as retracted
       from entry e
       left join body b on b.tenant_id = e.tenant_id and b.room_id = e.room_id and b.seq = e.seq and b.day = ${day}
       left join kept_body k on k.tenant_id = e.tenant_id and k.room_id = e.room_id and k.seq = e.seq
       join sender s on s.tenant_id = e.tenant_id and s.sender_id = e.sender_id
      where (b.octets is not null or k.octets is not null)
        and e.tenant_id = $1 and e.room_id = $2 and e.seq > $3 and e.seq <= $4 and e.origin_endpoint_id <> $5
        and not exists (select 1 from copy c where c.tenant_id = $1 and c.endpoint_id = $5 and c.seq > $3 and c.seq = e.seq)
      order by e.seq limit $6`,
    [at.tenant, at.room, seq, at.untilSeq ?? Number.MAX_SAFE_INTEGER, at.id, max],
  );
  return rows.map((row) => ({
    room: at.room,
    seq: row.seq,
    origin: row.origin_endpoint_id,
    sender: knownSender(row),
    envelope: fromCpim(row.octets),
    targetSeq: row.target_seq ?? undefined,
    receivedAt: row.received_at.getTime(),
    isRetracted: row.retracted,
  }));
}

/** What one line said and who said it, for a quote; the beginning of it once its body has gone, undefined at last. */
export async function saidAt(
  sql: Sql,
  tenant: number,
  room: number,
  seq: number,
): Promise<{ readonly author: string; readonly text: string } | undefined> {
  const rows = await sql.query<{ octets: Buffer | null; name: string; author: string | null; text: string | null }>(
    `select coalesce(b.octets, k.octets) as octets, s.name, x.author, x.text
       from entry e
       left join body b on b.tenant_id = e.tenant_id and b.room_id = e.room_id and b.seq = e.seq and b.day = ${day}
       left join kept_body k on k.tenant_id = e.tenant_id and k.room_id = e.room_id and k.seq = e.seq
       left join excerpt x on x.tenant_id = e.tenant_id and x.room_id = e.room_id and x.seq = e.seq and x.day = ${day}
       join sender s on s.tenant_id = e.tenant_id and s.sender_id = e.sender_id
      where e.tenant_id = $1 and e.room_id = $2 and e.seq = $3`,
    [tenant, room, seq],
  );
  const row = rows[0];
  if (row?.octets) {
    const envelope = fromCpim(row.octets);
    return { author: envelope.from.name ?? row.name, text: plain(envelope) };
  }
  return row && row.text !== null ? { author: row.author ?? row.name, text: row.text } : undefined;
}
