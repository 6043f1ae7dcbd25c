import type { Scope } from '../../networks/network.ts';

/** How often one line is tried for a reason of its own before it is refused. */
const ENTRY_TRIES = 5;

/** How long a ghost that cannot sit is spoken for by the listener before it may try to enter again. */
export const RELAY_MS = 10 * 60_000;

/** After this long of waiting a sender is told that his line is delayed. */
export const DELAY_NOTICE_MS = 30_000;

/** The pause before try `n` (from 1): doubling from a quarter of a second, at most a minute; a server's own wish wins. */
export function pause(n: number, asked?: number): number {
  return asked ?? Math.min(250 * 2 ** (n - 1), 60_000);
}

/** Only what is wrong with the line itself counts against it; everything else is waited out until the line expires. */
export function isSpent(scope: Scope, tries: number): boolean {
  return scope === 'entry' && tries >= ENTRY_TRIES;
}
