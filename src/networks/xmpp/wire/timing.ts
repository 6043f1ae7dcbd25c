/** Milliseconds. */
export interface Timing {
  /** One attempt, from the first packet to the accepted handshake: 10 s. */
  readonly attempt: number;
  /** The first pause after a failure, doubled each time up to the longest: 0.5 s, 30 s. */
  readonly firstPause: number;
  readonly longestPause: number;
  /**
   * Up for so long, and the next failure counts as the first: 5 s. Longer than a server needs that accepts and drops at once, and
   * than it takes us to see that we are not alone and to hang up (3 s); shorter than the time between any two real restarts.
   */
  readonly steady: number;
  /** Nothing heard for so long, and we ask: 30 s. No answer for so long, and the link is dead: 20 s. */
  readonly idle: number;
  readonly pong: number;
  /** How long the server may take to say goodbye: 2 s. */
  readonly goodbye: number;
}

export const usual: Timing = {
  attempt: 10_000,
  firstPause: 500,
  longestPause: 30_000,
  steady: 5_000,
  idle: 30_000,
  pong: 20_000,
  goodbye: 2_000,
};
