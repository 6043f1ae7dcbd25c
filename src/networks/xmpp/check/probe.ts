import { randomBytes } from 'node:crypto';
import { type Reason, reason } from '../../../cpim/reasons.ts';
import type { XmppConfig } from '../config.ts';
import { IqError } from '../errors.ts';
import { answerTo } from '../people/queries.ts';
import { filter } from '../wire/filter.ts';
import { IqRequests } from '../wire/iq.ts';
import { Link } from '../wire/link.ts';
import type { El, SendResult } from '../wire/wire.ts';

const attemptMs = 8000;
const goodbyeMs = 500;
const maxStanza = 1024 * 1024;

/** How a connection ended. `condition` is that of the server's stream error (RFC 6120 §4.9.3), if it gave one. */
export interface Ended {
  readonly why: Reason;
  readonly condition?: string;
}

/**
 * One connection that is opened to look, once, and never again by itself. Requests are asked and answered on it as the bridge would;
 * whatever else comes is dropped.
 */
export class Probe {
  /** Set when it is over, whoever ended it. */
  ended: Ended | undefined;
  /** Hears every presence that comes down the stream. */
  heard: ((presence: El) => void) | undefined;
  private readonly requests = new IqRequests();
  private readonly prefix = randomBytes(6).toString('hex');
  private readonly link: Link;
  private count = 0;
  private readonly opened = Promise.withResolvers<void>();
  private readonly config: XmppConfig;

  private constructor(config: XmppConfig) {
    this.config = config;
    const { service, domain, secret } = config;
    this.link = new Link(
      { service, domain, secret, maxStanza, attemptMs, goodbyeMs },
      {
        online: () => this.opened.resolve(),
        stanza: (el) => this.stanza(el),
        heard: () => {},
        oversized: () => {},
        closed: (why, condition) => this.over(why, condition),
      },
    );
  }

  /** Resolves when the server has taken us, or when it is over. */
  static async open(config: XmppConfig): Promise<Probe> {
    const probe = new Probe(config);
    probe.link.open();
    await probe.opened.promise;
    return probe;
  }

  /** Resolves after `ms`, or earlier when the server has ended it. */
  async endsWithin(ms: number): Promise<Ended | undefined> {
    for (const until = Date.now() + ms; !this.ended && Date.now() < until; ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this.ended;
  }

  send(el: El): SendResult {
    const text = filter(el, { domain: this.config.domain, maxStanza });
    if (typeof text !== 'string') return { refused: text };
    return this.link.write(text) ? 'sent' : { down: true };
  }

  /** Rejects with an IqError. One that comes back to ourselves is its own answer. */
  iq(el: El, timeoutMs = 5000): Promise<El> {
    this.count += 1;
    el.attrs.id ??= `c${this.prefix}-${this.count}`;
    const { id, to, from } = el.attrs;
    const answer = this.requests.wait(el, timeoutMs);
    if (this.send(el) !== 'sent') {
      this.requests.fail({ id, peer: to, own: from }, new IqError('remote-server-timeout', 'wait', 'The link is down'));
    }
    return answer;
  }

  async close(): Promise<void> {
    this.ended ??= { why: reason('unreachable', 'We closed the stream') };
    this.requests.failAll('The check is over');
    await this.link.end();
  }

  private stanza(el: El): void {
    if (el.name === 'presence') return this.heard?.(el);
    if (el.name !== 'iq' || this.requests.answer(el)) return;
    if (el.attrs.type === 'get' && this.requests.returned(el)) return;
    const answer = answerTo(el, { kind: el.attrs.to === this.config.domain ? 'domain' : 'ghost' });
    if (answer) this.send(answer);
  }

  private over(why: Reason, condition: string | undefined): void {
    this.ended ??= { why, ...(condition === undefined ? {} : { condition }) };
    this.requests.failAll('The link was lost');
    this.opened.resolve();
  }
}
