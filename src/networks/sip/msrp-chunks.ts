import { CpimError } from '../../cpim/error.ts';

/** One SEND of a message. `range` is the Byte-Range, `first-last/total`, last and total may be `*`; `flag` ends the end-line. */
export interface Chunk {
  readonly range: string;
  readonly flag: '$' | '+' | '#';
  readonly body: Buffer;
}

export type Reassembled =
  | { readonly state: 'complete'; readonly body: Buffer }
  | { readonly state: 'incomplete' }
  | { readonly state: 'aborted' };

/**
 * The message that chunks, in the order received, are of (RFC 4975 §7.3.1): they may come in any order, and where two hold the same
 * octet the later one wins. What they hold decides, not what their ranges claim. Throws a CpimError for a range that is none.
 */
export function reassemble(chunks: readonly Chunk[]): Reassembled {
  if (chunks.some(({ flag }) => flag === '#')) return { state: 'aborted' };
  const pieces = chunks.map(({ range, body }) => ({ start: startOf(range), body }));
  const last = pieces.filter((_, at) => chunks[at]?.flag === '$').at(-1);
  if (!last) return { state: 'incomplete' };
  const length = last.start + last.body.length;
  if (covered(pieces) < length) return { state: 'incomplete' };
  const body = Buffer.alloc(length);
  for (const piece of pieces) piece.body.copy(body, piece.start);
  return { state: 'complete', body };
}

interface Piece {
  readonly start: number;
  readonly body: Buffer;
}

/** How many octets there are from the first one on without a gap. */
function covered(pieces: readonly Piece[]): number {
  let end = 0;
  for (const { start, body } of pieces.toSorted((a, b) => a.start - b.start)) {
    if (start > end) return end;
    end = Math.max(end, start + body.length);
  }
  return end;
}

/** Counted from 0; on the wire from 1. */
function startOf(range: string): number {
  const [, first] = /^([1-9]\d{0,14})-(?:\d+|\*)\/(?:\d+|\*)$/.exec(range) ?? [];
  if (first === undefined) throw new CpimError('malformed', 'not a Byte-Range', 0);
  return Number(first) - 1;
}
