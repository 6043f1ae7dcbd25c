import { closest, distance } from 'fastest-levenshtein';

/** `; did you mean port?`, if one of them is near enough to what was written. */
export function didYouMean(written: string, known: readonly string[], show = (name: string): string => name): string {
  if (known.length === 0) return '';
  const plain = (name: string): string => name.toLowerCase().replaceAll('_', '');
  const near = closest(plain(written), known.map(plain));
  const name = known.find((one) => plain(one) === near) ?? '';
  const isNear = distance(plain(written), near) <= Math.max(2, Math.floor(written.length / 3)) || plain(written).startsWith(near);
  return isNear ? `; did you mean ${show(name)}?` : `; there ${known.length === 1 ? 'is' : 'are'} ${known.map(show).join(', ')}`;
}
