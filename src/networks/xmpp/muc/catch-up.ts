import { setTimeout as sleep } from 'node:timers/promises';
import type { Page, Query } from './archive.ts';
import { unknownPlace } from './archive.ts';
import { lineOf } from './reading.ts';
import type { Past } from './recent.ts';
import type { Room } from './room.ts';

const pageSize = 100;
const inboxRoom = 2000;
const subjectMs = 5000;

const prefix = 'time:';

/** Where a room begins for us that has no archived line yet, or no archive. */
export function timeMarker(now = new Date()): string {
  return `${prefix}${now.toISOString()}`;
}

export interface CatchUp {
  readonly room: Room;
  /** The newest id that is stored, or a time marker; undefined: there is nothing to fetch. */
  readonly from: string | undefined;
  /** The room never took our seat away. */
  readonly still: boolean;
  /** False as soon as this stay in the room is over. */
  alive(): boolean;
}

/** Hands over what was missed, and then lets the live room through. Never rejects. */
export async function catchUp(what: CatchUp): Promise<void> {
  const { room, from, alive } = what;
  if (from !== undefined && room.facts.archive) await fromArchive(room, from, alive);
  else if (from !== undefined) await fromHistory(what);
  // The subject ends the join (XEP-0045 §7.1); a server that sends none must not make us take the next one for it.
  await subjectOf(room, alive);
  if (!alive()) return;
  room.settle();
  room.history = [];
  room.caughtUp();
  room.intake.release();
}

/** A room without an archive: what it told us when we came in. */
async function fromHistory({ room, from, still, alive }: CatchUp): Promise<void> {
  await subjectOf(room, alive);
  if (!alive()) return;
  const { lines, gap } = await fresh(room, from);
  if (gap && !still) room.gap();
  for (const { el, time } of lines) {
    room.pastLine(el, time);
    room.recent.saw(time);
  }
}

/** What of the join history is new: all that follows the last line which is stored. `gap` if it does not reach back so far. */
async function fresh(
  { history, recent, at, part }: Room,
  from: string | undefined,
): Promise<{ readonly lines: readonly Past[]; readonly gap: boolean }> {
  const ids = history.map(({ el }) => ({ kind: 'line', value: lineOf(el) ?? '', strong: false }));
  const known = await part.host.known(at, ids);
  const overlap = known.lastIndexOf(true);
  if (overlap >= 0) return { lines: history.slice(overlap + 1), gap: false };
  // None of them is stored: by time, and stamps are whole seconds.
  const linked = from?.startsWith(prefix) ? from.slice(prefix.length) : undefined;
  const since = recent.lastAt ?? linked;
  if (since === undefined) return { lines: [], gap: true };
  const second = wholeSecond(since, 0);
  const [oldest] = history;
  // Somebody had spoken before: what came since is all there.
  const isWhole = recent.lastAt === undefined && oldest !== undefined && oldest.time < second;
  return { lines: history.filter((one) => one.time >= second), gap: !isWhole };
}

async function subjectOf(room: Room, alive: () => boolean): Promise<void> {
  for (let waited = 0; !room.isSettled && alive() && waited < subjectMs; waited += 20) await sleep(20);
}

async function fromArchive(room: Room, from: string, alive: () => boolean): Promise<void> {
  let query: Query = from.startsWith(prefix)
    ? { start: wholeSecond(from.slice(prefix.length), 0), max: pageSize }
    : { after: from, max: pageSize };
  const known = room.recent.lastAt;
  let overlap: string | undefined;
  while (alive()) {
    const page = await pageOf(room, query, alive);
    if (page === undefined) return;
    if (page === 'unknown place') {
      // Expired, or the archive was emptied: by time, two seconds early (stamps are whole seconds), and say so.
      if (known === undefined || overlap !== undefined) return room.gap();
      overlap = known;
      query = { start: wholeSecond(known, 2), max: pageSize };
      continue;
    }
    // A line from before the last one that we know shows that nothing lies between.
    if (overlap !== undefined && query.start !== undefined && !((page.items[0]?.time ?? '') <= overlap && page.items.length > 0))
      room.gap();
    if (handOver(room, page) || page.complete || page.last === undefined) return;
    query = { after: page.last, max: pageSize };
    while (room.part.inbox.size > inboxRoom && alive()) await sleep(100);
  }
}

/** True when the page has reached the first line that waits. */
function handOver(room: Room, page: Page): boolean {
  for (const { id, el, time } of page.items) {
    if (room.intake.met(id)) return true;
    room.pastLine(el, time, id);
    if (time !== undefined) room.recent.saw(time);
  }
  return false;
}

/** An archive that does not answer is asked again as long as we are in the room. */
async function pageOf(room: Room, query: Query, alive: () => boolean): Promise<Page | 'unknown place' | undefined> {
  for (let delay = 1000; alive(); delay = Math.min(delay * 2, 60_000)) {
    try {
      return await room.archive.page(query);
    } catch (error) {
      if (unknownPlace(error)) return 'unknown place';
      if (!alive()) return undefined;
      room.part.host.log.warn('archive not read, trying again', { room: room.part.jid, error: String(error), delay });
      await sleep(delay);
    }
  }
  return undefined;
}

function wholeSecond(time: string, early: number): string {
  const at = Math.floor(Date.parse(time) / 1000) - early;
  return new Date((Number.isNaN(at) ? 0 : at) * 1000).toISOString().replace('.000Z', 'Z');
}
