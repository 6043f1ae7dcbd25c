import type { Tuple } from '../../../cpim/presence/pidf.ts';

const shows = ['away', 'chat', 'dnd', 'xa'] as const;
type Show = (typeof shows)[number];

/** RFC 6121 §4.7.2.1: there are no others. */
export function isShow(text: string): text is Show {
  return shows.some((show) => show === text);
}

/** Conflict register C5: that of RFC 8048 first, then that of RFC 3863, whose `busy` is `dnd` (RFC 3922 §5.2.10). */
export function showOf({ show, im }: Tuple): Show | undefined {
  return [show, im === 'busy' ? 'dnd' : im].find((value) => value !== undefined && isShow(value)) as Show | undefined;
}
