import type { Element } from '@xmpp/xml';
import type { Reason } from '../../../cpim/reasons.ts';
import type { Log } from '../../network.ts';

export type El = Element;

export interface WireOptions {
  /** `xmpp://127.0.0.1:5347` */
  readonly service: string;
  readonly domain: string;
  readonly secret: string;
  /** Octets of one stanza, both ways; 256 KiB if absent. */
  readonly maxStanza?: number;
  readonly log: Log;
}

export interface WireEvents {
  stanza(el: El): void;
  state(s: 'up' | 'connecting' | 'down', why?: Reason): void;
  /** Called with each stanza's start tag, raw as received; false skips the stanza before a tree is built. Must not throw. */
  wanted?(name: string, attrs: Readonly<Record<string, string>>): boolean;
  /** A stanza over the size limit was skipped; its start tag. */
  oversized?(name: string, attrs: Readonly<Record<string, string>>): void;
}

/** `down`: not online, or the socket's buffer is full; try later. `refused`: this stanza can never be sent. */
export type SendResult = 'sent' | { readonly refused: Reason } | { readonly down: true };

/** The component stream (XEP-0114). */
export class Wire {
  constructor(
    readonly options: WireOptions,
    readonly events: WireEvents,
  ) {}

  get online(): boolean {
    return false;
  }

  /**
   * Resolves when first online, or as soon as the first attempt has failed for an outage: it is then retried in the background
   * and `state` tells. Rejects with a ConfigurationError if the server does not know the domain or the secret.
   */
  start(): Promise<void> {
    return Promise.reject(new Error('not built yet'));
  }

  /** At most 5 s. */
  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** Never throws. `sent` means handed to the socket; XEP-0114 has no acknowledgement. */
  send(_el: El): SendResult {
    return { down: true };
  }

  /** Resolves when all that was sent has gone to the kernel; rejects if the link was lost before. */
  drained(): Promise<void> {
    return Promise.resolve();
  }

  /** Rejects with an IqError; an `id` is set if absent. 30 s if no timeout is given. */
  iq(_el: El, _timeoutMs?: number): Promise<El> {
    return Promise.reject(new Error('not built yet'));
  }

  /** Resolves when all that was sent before has passed through the server's router: an IQ to our own domain came back. */
  barrier(_timeoutMs?: number): Promise<void> {
    return Promise.reject(new Error('not built yet'));
  }
}
