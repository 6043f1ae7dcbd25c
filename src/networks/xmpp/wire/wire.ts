import { randomBytes } from 'node:crypto';
import xml, { type Attrs, type Element } from '@xmpp/xml';
import { type Reason, reason } from '../../../cpim/reasons.ts';
import { ConfigurationError, type Log } from '../../network.ts';
import { answerOf, errorStanza, IqError } from '../errors.ts';
import { parse } from '../jid.ts';
import { Backoff } from './backoff.ts';
import { filter } from './filter.ts';
import { IqRequests } from './iq.ts';
import { Link } from './link.ts';
import { type Timing, usual } from './timing.ts';

export type El = Element;

export interface WireOptions {
  /** `xmpp://127.0.0.1:5347` */
  readonly service: string;
  readonly domain: string;
  readonly secret: string;
  /** Octets of one stanza, both ways; 256 KiB if absent. */
  readonly maxStanza?: number;
  readonly log: Log;
  readonly timing?: Partial<Timing>;
}

export interface WireEvents {
  /** Every stanza, in the order of the stream, except answers to `iq`. */
  stanza(el: El): void;
  state(s: 'up' | 'connecting' | 'down', why?: Reason): void;
  /** Called with the start tag of each message and presence, raw as received; false skips it before a tree is built. */
  wanted?(name: string, attrs: Readonly<Record<string, string>>): boolean;
  /** Each stanza that went or came; `skipped`: one that was not wanted. */
  counted?(direction: 'in' | 'out' | 'skipped', name: string): void;
  /** A message or presence over the size limit was skipped; its start tag. (An iq is answered here.) */
  oversized?(name: string, attrs: Readonly<Record<string, string>>): void;
}

/** `down`: not online, or the server has not read for long; try later. `refused`: this stanza can never be sent. */
export type SendResult = 'sent' | { readonly refused: Reason } | { readonly down: true };

/** Stream errors that only the operator can cure (RFC 6120 §4.9.3). */
const misconfigured: ReadonlySet<string> = new Set(['not-authorized', 'host-unknown']);

/** The component stream (XEP-0114): always connected, or on the way there. */
export class Wire {
  readonly #timing: Timing;
  readonly #maxStanza: number;
  readonly #backoff: Backoff;
  readonly #requests = new IqRequests();
  readonly #idPrefix = randomBytes(6).toString('hex');
  #ids = 0;
  #link: Link | undefined;
  #retry: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #upSince = 0;
  #heardAt = 0;
  #stopped = false;
  #first: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(
    private readonly options: WireOptions,
    private readonly events: WireEvents,
  ) {
    this.#timing = { ...usual, ...options.timing };
    this.#maxStanza = options.maxStanza ?? 256 * 1024;
    this.#backoff = new Backoff(this.#timing);
  }

  get online(): boolean {
    return this.#link?.online === true;
  }

  /**
   * Resolves when first online, or as soon as the first attempt has failed for an outage: it is then retried in the background
   * and `state` tells. Rejects with a ConfigurationError if the server does not know the domain or the secret.
   */
  start(): Promise<void> {
    const { service, domain } = this.options;
    const url = URL.canParse(service) ? new URL(service) : undefined;
    if (url?.protocol !== 'xmpp:' || url.hostname === '') {
      return Promise.reject(new ConfigurationError(`The XMPP service must be written as xmpp://host:port, not "${service}"`));
    }
    if (parse(domain)?.domain !== domain) {
      return Promise.reject(new ConfigurationError(`"${domain}" is no domain in lower case, as an XMPP component needs it`));
    }
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject };
      this.attempt();
    });
  }

  /** At most 5 s. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#watch);
    await this.#link?.end();
    this.#link = undefined;
    this.#requests.failAll('The component was stopped');
    this.settleStart();
    this.events.state('down');
  }

  /** Never throws. `sent` means handed to the socket; XEP-0114 has no acknowledgement. */
  send(el: El): SendResult {
    const text = filter(el, { domain: this.options.domain, maxStanza: this.#maxStanza });
    if (typeof text !== 'string') {
      this.options.log.warn('stanza refused', { stanza: el.name, why: text.text });
      return { refused: text };
    }
    if (this.#link?.write(text) !== true) return { down: true };
    this.events.counted?.('out', el.name);
    return 'sent';
  }

  /** Gives this connection up for another one. */
  reset(why: Reason): void {
    this.#link?.close(why);
  }

  /** Resolves when all that was sent has gone to the kernel; rejects if the link is or goes down before. */
  drained(): Promise<void> {
    return this.#link?.drained() ?? Promise.reject(new Error('The link is down'));
  }

  /** Rejects with an IqError; an `id` is set if absent. */
  iq(el: El, timeoutMs = 30_000): Promise<El> {
    el.attrs.id ??= this.nextId('q');
    const { id, to, from } = el.attrs;
    const answer = this.#requests.wait(el, timeoutMs);
    const sent = this.send(el);
    if (sent !== 'sent') this.#requests.fail({ id, peer: to, own: from }, notSent(sent));
    return answer;
  }

  /**
   * Resolves when all that was sent before has passed through the server's router: an iq to our own domain comes back down the
   * same stream (Prosody and ejabberd do so; a server that answers it by itself does as well). Rejects with an IqError.
   */
  async barrier(timeoutMs = 30_000): Promise<void> {
    const { domain } = this.options;
    const ping = xml('ping', { xmlns: 'urn:xmpp:ping' });
    const el = xml('iq', { type: 'get', id: this.nextId('b'), from: domain, to: domain }, ping);
    await this.iq(el, timeoutMs).catch((error: unknown) => {
      if (!(error instanceof IqError) || error.el === undefined) throw error;
    });
  }

  private nextId(sort: string): string {
    this.#ids += 1;
    return `${sort}${this.#idPrefix}-${this.#ids.toString(36)}`;
  }

  private attempt(): void {
    const { service, domain, secret } = this.options;
    this.events.state('connecting');
    const link = new Link(
      { service, domain, secret, maxStanza: this.#maxStanza, attemptMs: this.#timing.attempt, goodbyeMs: this.#timing.goodbye },
      {
        online: () => this.up(),
        stanza: (el) => this.stanza(el),
        heard: () => {
          this.#heardAt = performance.now();
        },
        wanted: (name, attrs) => this.wanted(name, attrs),
        oversized: (name, attrs) => this.oversized(name, attrs),
        closed: (why, condition) => this.down(why, condition),
      },
    );
    this.#link = link;
    link.open();
  }

  private up(): void {
    this.#upSince = performance.now();
    this.#watch = setTimeout(() => this.ask(), this.#timing.idle);
    this.options.log.info('component online', { domain: this.options.domain });
    this.events.state('up');
    this.settleStart();
  }

  private down(why: Reason, condition: string | undefined): void {
    clearTimeout(this.#watch);
    this.#requests.failAll('The link to the server was lost');
    if (this.#stopped) return;
    this.#link = undefined;
    const lasted = this.#upSince > 0 ? performance.now() - this.#upSince : 0;
    this.#upSince = 0;
    this.events.state('down', why);
    if (condition !== undefined && misconfigured.has(condition) && this.#first !== undefined) {
      this.settleStart(new ConfigurationError(this.advice(condition)));
      return;
    }
    const pause = this.#backoff.next(lasted);
    this.options.log.warn('component link down', { domain: this.options.domain, why: why.text, retryMs: Math.round(pause) });
    this.#retry = setTimeout(() => this.attempt(), pause);
    this.settleStart();
  }

  private advice(condition: string): string {
    const { domain, service } = this.options;
    return condition === 'host-unknown'
      ? `The XMPP server at ${service} has no component "${domain}": configure one there`
      : `The XMPP server at ${service} refused the secret of component "${domain}": it must be the same on both sides`;
  }

  private settleStart(error?: Error): void {
    const first = this.#first;
    this.#first = undefined;
    if (error === undefined) first?.resolve();
    else first?.reject(error);
  }

  /** Nothing was heard for a while. A dead peer and a quiet one look alike until asked. */
  private ask(): void {
    const quiet = performance.now() - this.#heardAt;
    if (quiet < this.#timing.idle) {
      this.#watch = setTimeout(() => this.ask(), this.#timing.idle - quiet);
      return;
    }
    const asked = performance.now();
    this.barrier(this.#timing.pong).catch(() => undefined);
    this.#watch = setTimeout(() => {
      // After a stall of our own the answer may be waiting in the socket, which is read after the timers.
      setImmediate(() => this.judge(asked));
    }, this.#timing.pong);
  }

  private judge(asked: number): void {
    if (this.#link?.online !== true) return;
    if (this.#heardAt >= asked) this.ask();
    else this.#link.close(reason('timeout', 'The server has fallen silent'));
  }

  private stanza(el: El): void {
    this.events.counted?.('in', el.name);
    if (el.name === 'iq') {
      if (this.#requests.answer(el)) return;
      if (el.attrs.type === 'get' && this.returned(el)) return;
    }
    try {
      this.events.stanza(el);
    } catch (error) {
      // One bad reader must not cost the stream: the parser would take this for a fault of the server.
      this.options.log.error('stanza handler failed', { stanza: el.name, error });
    }
  }

  /** A request to ourselves, whether or not somebody still waits for it. */
  private returned(el: El): boolean {
    const { from, id } = el.attrs;
    return from === this.options.domain && (this.#requests.returned(el) || id?.includes(this.#idPrefix) === true);
  }

  private wanted(name: string, attrs: Attrs): boolean {
    // Answers to our own requests and requests that must be answered (RFC 6120 §8.2.3) are never skipped.
    if (this.events.wanted === undefined || (name !== 'message' && name !== 'presence')) return true;
    try {
      const wanted = this.events.wanted(name, attrs);
      if (!wanted) this.events.counted?.('skipped', name);
      return wanted;
    } catch (error) {
      this.options.log.error('stanza handler failed', { stanza: name, error });
      return true;
    }
  }

  /** RFC 6120 §8.2.3: a request is answered even if it was too large to read; and so is whoever waits for an answer. */
  private oversized(name: string, attrs: Attrs): void {
    this.options.log.warn('stanza over the size limit skipped', { stanza: name, from: attrs.from, limit: this.#maxStanza });
    const { type, id, from, to } = attrs;
    if (name !== 'iq') {
      this.events.oversized?.(name, attrs);
    } else if (type === 'get' || type === 'set') {
      const answer = errorStanza(xml(name, attrs), answerOf(reason('too-large')));
      if (answer) this.send(answer);
    } else {
      this.#requests.fail({ id, peer: from, own: to }, new IqError('policy-violation', 'modify', 'The answer is too large'));
    }
  }
}

function notSent(sent: Exclude<SendResult, 'sent'>): IqError {
  if ('down' in sent) return new IqError('remote-server-timeout', 'wait', 'The link to the server is down');
  const { condition, type, text } = answerOf(sent.refused);
  return new IqError(condition, type, text);
}
