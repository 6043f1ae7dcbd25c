import type { El } from '../wire/wire.ts';

/** A component stream that takes questions: the one of the running bridge, or one that was opened to look. */
export interface Stream {
  readonly domain: string;
  /** Rejects with an IqError. One that comes back down the same stream is its own answer. */
  iq(el: El, timeoutMs: number): Promise<El>;
}
