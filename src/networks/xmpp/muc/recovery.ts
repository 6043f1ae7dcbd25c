import { setTimeout as sleep } from 'node:timers/promises';
import { reason } from '../../../cpim/reasons.ts';
import type { Delivery, Outcome } from '../../network.ts';
import { idsOf, keyOf } from './reading.ts';
import type { Room } from './room.ts';
import { placeOf } from './sender.ts';
import type { Stay } from './stay.ts';

const pageSize = 100;
// Servers give fewer lines a page than asked for (Prosody: 50).
const mostLines = 1000;
const settleMs = 2000;
const patience = 60_000;

const again: Outcome = { kind: 'retry', why: reason('unreachable', 'it did not arrive'), scope: 'endpoint', done: [] };

/** What became of deliveries whose end nobody saw: the archive of the room decides. */
export async function recover(stay: Stay, doubtful: readonly Delivery[]): Promise<Outcome[]> {
  const { room } = stay;
  if (!(await stay.caughtUp(patience))) {
    const why = reason('unreachable', 'not in the room at present');
    return doubtful.map(() => ({ kind: 'unknown', why }));
  }
  // Nobody can tell: resent with the same id, it may be there twice.
  if (!room.facts.archive) return doubtful.map(() => again);
  // What was settled by an echo must be stored before it is settled here.
  await room.part.inbox.drained(patience);
  const keys = new Set(doubtful.map((job) => job.key));
  const found = new Map<string, Outcome>();
  try {
    await search(room, keys, found);
    if (found.size < keys.size) {
      // The server may still be reading what the dead stream had sent.
      await sleep(settleMs);
      await search(room, keys, found);
    }
  } catch (error) {
    const why = reason('unreachable', String(error).slice(0, 200));
    return doubtful.map((job) => found.get(job.key) ?? { kind: 'unknown', why });
  }
  return doubtful.map((job) => found.get(job.key) ?? again);
}

/** From the newest line backwards, a thousand at most. */
async function search(room: Room, keys: ReadonlySet<string>, found: Map<string, Outcome>): Promise<void> {
  let before = '';
  for (let read = 0; read < mostLines && found.size < keys.size; ) {
    const page = await room.archive.page({ before, max: pageSize });
    read += page.items.length;
    for (const { id, el } of page.items) {
      const key = keyOf(el, (text) => keys.has(text));
      const { nick } = placeOf(el.attrs.from);
      if (key === undefined || nick === undefined || !(nick === room.nick || room.seats.owned(nick))) continue;
      const parts = [{ part: 0, ids: idsOf(room.facts, el, id) }];
      if (!found.has(key)) found.set(key, { kind: 'sent', parts, proof: 'accepted' });
    }
    if (page.complete || page.first === undefined) return;
    before = page.first;
  }
}
