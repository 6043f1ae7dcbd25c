import type { Arrival } from './arrival.ts';

/**
 * A write that failed may have been done all the same: the answer to its commit was lost. Its lines come again before anything
 * else of their network does, and are repeats then. Until that has happened the lanes have to read the table after every
 * commit, or they would go on with what was stored later.
 */
export class Doubt {
  private readonly networks = new Set<number>();

  /** These could not be written, as far as is known. */
  begin(arrivals: readonly Arrival[]): void {
    for (const { networkId } of arrivals) this.networks.add(networkId);
  }

  /** These were written. True if there was a doubt before: the lanes must look again. */
  isLeftBy(arrivals: readonly Arrival[]): boolean {
    if (this.networks.size === 0) return false;
    for (const { networkId } of arrivals) this.networks.delete(networkId);
    return true;
  }
}
