import type { Settlement } from '../copy.store.ts';
import type { CopyId, CopyState } from './commit.store.ts';

const KEPT = 5000;

const placeOf = (endpoint: number, seq: number, part: number): string => `${endpoint} ${seq} ${part}`;
const nameOf = (id: { readonly kind: string; readonly value: string }): string => `${id.kind} ${id.value}`;

/**
 * The newest echoes that are stored. Where a network shows us what we send, the end of a delivery says what its echo has said:
 * to write it again would cost a second commit, and a second row for each weak id.
 */
export class Heard {
  private readonly places = new Map<string, Set<string>>();

  /** Of a commit: what it has stored of echoes. */
  add(copies: readonly CopyState[], ids: readonly CopyId[]): void {
    for (const { endpoint, seq, part } of copies) this.places.set(placeOf(endpoint, seq, part), new Set());
    for (const id of ids) this.places.get(placeOf(id.endpoint, id.seq, id.part))?.add(nameOf(id));
    for (const place of this.places.keys()) {
      if (this.places.size <= KEPT) break;
      this.places.delete(place);
    }
  }

  /** True if all that this says is stored already. It is asked once. */
  says({ endpoint, seq, state, parts, degraded, owed }: Settlement): boolean {
    if (state !== 'sent' || parts.length === 0) return false;
    const known = parts.map(({ part, ids }) => {
      const place = placeOf(endpoint, seq, part);
      const names = this.places.get(place);
      this.places.delete(place);
      return names !== undefined && ids.every((id) => names.has(nameOf(id)));
    });
    return degraded === undefined && owed === undefined && known.every(Boolean);
  }
}
