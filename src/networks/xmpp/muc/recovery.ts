import { setTimeout as sleep } from 'node:timers/promises';
import { reason } from '../../../cpim/reasons.ts';
import type { Delivery, Outcome } from '../../network.ts';
import { idsOf, keyOf } from './reading.ts';
import type { Room } from './room.ts';
import { placeOf } from './sender.ts';
import type { Stay } from './stay.ts';

const pageSize = 100;
// Servers give fewer lines a page than asked for (Prosody: 50), and a look at a long archive is dear.
const mostLines = 500;
const settleMs = 2000;
const freshMs = 30_000;
const patience = 60_000;

const again: Outcome = { kind: 'retry', why: reason('unreachable', 'it did not arrive'), scope: 'endpoint', done: [] };
const open: Outcome = { kind: 'unknown', why: reason('unreachable', 'the room does not answer at present') };

/**
 * What became of deliveries whose end nobody saw. Whatever arrived has come back to us, live or with the catch-up, because both
 * are read in order from before the oldest of them. Only behind a gap, and for what a former process sent, the archive is searched.
 */
export async function recover(stay: Stay, doubtful: readonly Delivery[]): Promise<Outcome[]> {
  const { room } = stay;
  if (!(await stay.caughtUp(patience))) return doubtful.map(() => open);
  const missing = (): Delivery[] => doubtful.filter((job) => room.outbox.arrived(job.key) === undefined);
  if (missing().length > 0) {
    // The server may still be reading what the dead stream had sent.
    if (Date.now() - stay.enteredAt < freshMs) await sleep(settleMs);
    if (!(await stay.barrier())) return doubtful.map(() => open);
  }
  const found = new Map<string, Outcome>();
  const former = Date.now() - stay.since < patience;
  if (room.facts.archive && (room.hasGap || former) && missing().length > 0) {
    try {
      await search(room, new Set(missing().map((job) => job.key)), found);
    } catch {
      return doubtful.map(() => open);
    }
  }
  // What an echo settles must be stored before it is settled here.
  await room.part.inbox.drained(patience);
  return doubtful.map((job) => {
    const parts = room.outbox.arrived(job.key);
    // Without an archive a line lost from sight during an outage is sent again with the same id: it may be there twice.
    return parts ? { kind: 'sent', parts, proof: 'accepted' } : (found.get(job.key) ?? again);
  });
}

/** From the newest line backwards, some hundreds at most. */
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
