import { CpimError } from '../error.ts';
import { isDateTime } from '../time.ts';
import { parsePidf } from './parse-pidf.ts';
import type { Pidf } from './pidf.ts';

/** When a document was true, as text that sorts as time does; absent if it does not say. */
export type Stamp = { readonly kind: 'read'; readonly at?: string } | { readonly kind: 'unreadable' };

/** The newest of its tuples (RFC 3863 §6). */
export function newestOf({ tuples = [] }: Pidf): string | undefined {
  return tuples
    .flatMap(({ timestamp }) => (timestamp !== undefined && isDateTime(timestamp) ? [sortable(timestamp)] : []))
    .sort()
    .at(-1);
}

export function newestIn(document: string): Stamp {
  try {
    const at = newestOf(parsePidf(document, ''));
    return at === undefined ? { kind: 'read' } : { kind: 'read', at };
  } catch (error) {
    if (error instanceof CpimError) return { kind: 'unreadable' };
    throw error;
  }
}

/** A timestamp for a document of now (milliseconds of Unix time): always later than that of the one before (RFC 3863 §4.1.7). */
export function timestampAfter(before: string | undefined, now: number): string {
  const stamp = new Date(now).toISOString();
  if (before === undefined || sortable(stamp) > sortable(before)) return stamp;
  return new Date(Date.parse(before) + 1).toISOString();
}

// A day before the first year, for offsets: seconds since then are never negative. A fraction may have more digits than a Date holds.
const zero = Date.parse('0000-12-31T00:00:00Z');

function sortable(dateTime: string): string {
  const [, fraction = ''] = /\.(\d+)/.exec(dateTime) ?? [];
  const seconds = (Date.parse(dateTime.replace(/\.\d+/, '')) - zero) / 1000;
  return `${String(seconds).padStart(12, '0')}.${fraction.replace(/0+$/, '')}`;
}
