import type { Note, Person, Pidf, TimedStatus, Tuple } from './pidf.ts';

/** A document as it is to be understood now (milliseconds of Unix time): a timed status that is of the present is no more (RFC 4481 §3). */
export function asOf(document: Pidf, now: number): Pidf {
  const { tuples } = document;
  return tuples?.some(({ timed }) => timed !== undefined)
    ? { ...document, tuples: tuples.map((one) => timedAsOf(one, now)) }
    : document;
}

function timedAsOf({ timed, ...tuple }: Tuple, now: number): Tuple {
  const kept = timed?.filter((status) => !includes(status, now)) ?? [];
  return kept.length === 0 ? tuple : { ...tuple, timed: kept };
}

/** What has no end has not ended. What is no time is at no time. */
function includes({ from, until }: TimedStatus, now: number): boolean {
  const [begins, ends] = [Date.parse(from), until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until)];
  return begins <= now && now < ends;
}

/** The notes to show with a person: his own, else those of the whole document (RFC 4479 §5). */
export function notesOf({ notes = [] }: Pidf, person: Person): readonly Note[] {
  return person.notes ?? notes;
}

/** Nobody says that he has no mood: a document without one says nothing of it, whatever an earlier one said (RFC 4479 §3.6). */
export type Mood =
  | { readonly kind: 'known'; readonly moods: readonly string[]; readonly note?: string }
  | { readonly kind: 'unknown' };

export function moodOf({ moods = [], moodNote }: Person): Mood {
  if (moods.length === 0) return { kind: 'unknown' };
  return { kind: 'known', moods, ...(moodNote !== undefined && { note: moodNote }) };
}
