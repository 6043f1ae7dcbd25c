import { reason } from '../../../cpim/reasons.ts';
import type { Delivery, Host, Outcome, Sent } from '../../network.ts';
import { isObject, part, textOf } from '../event.ts';
import { markOf } from '../mark.ts';
import type { People } from '../people/people.ts';
import type { Room } from '../rooms/rooms.ts';
import { type Client, roomPath } from '../wire/client.ts';

const pages = 5;
const pageSize = '100';
/** The homeserver knows our transaction ids for longer: a repeat makes no second event. */
const safeMs = 30 * 60_000;

/**
 * What became of lines that may have been sent: the room's recent history says. What is not found there is sent again, under the same
 * transaction id, for it may be on its way at this moment.
 */
export async function recover(
  room: Room,
  doubtful: readonly Delivery[],
  { client, people, host }: { readonly client: Client; readonly people: People; readonly host: Host },
): Promise<Outcome[]> {
  const found = new Map<string, Sent[]>();
  const wanted = new Set(doubtful.map((job) => job.key));
  const isComplete = await search();
  return doubtful.map((job): Outcome => {
    const parts = found.get(job.key);
    if (parts) return { kind: 'sent', parts, proof: 'accepted' };
    const isYoung = Date.now() - Date.parse(job.envelope.time) < safeMs;
    if (isComplete || isYoung) return { kind: 'retry', why: reason('unknown-target', 'not there'), scope: 'entry', done: [] };
    return { kind: 'unknown', why: reason('unreachable', 'the history of the room cannot be read') };
  });

  /** False if the history could not be read. */
  async function search(): Promise<boolean> {
    const oldest = Math.min(...doubtful.map((job) => Date.parse(job.envelope.time))) - safeMs;
    let from: string | undefined;
    for (let n = 0; n < pages && found.size < wanted.size; n += 1) {
      const query = { dir: 'b', limit: pageSize, ...(from === undefined ? {} : { from }) };
      const page = await client.call('GET', roomPath(room.id, 'messages'), { query });
      if (page.kind === 'fault') return false;
      const events = Array.isArray(page.body.chunk) ? page.body.chunk.filter(isObject) : [];
      for (const event of events) {
        const mark = markOf(part(event, 'content'), host);
        const id = textOf(event, 'event_id');
        if (mark.key === undefined || id === undefined || !wanted.has(mark.key)) continue;
        if (!people.isOurs(textOf(event, 'sender') ?? '')) continue;
        const sent = { part: mark.part, ids: [{ kind: 'event', value: id, strong: true }] };
        found.set(mark.key, [...(found.get(mark.key) ?? []), sent]);
      }
      const last = events.at(-1)?.origin_server_ts;
      from = textOf(page.body, 'end');
      if (from === undefined || (typeof last === 'number' && last < oldest)) return true;
    }
    return true;
  }
}
