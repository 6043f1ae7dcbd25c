import type { Element } from '@xmpp/xml';
import { errorOf, IqError } from '../errors.ts';
import { format, parse } from '../jid.ts';

interface Pending {
  resolve(el: Element): void;
  reject(error: IqError): void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Requests that wait for their answer. An answer belongs to a request if its id, its sender and its addressee fit (RFC 6120
 * §8.1.2.1, §8.2.3): an id alone is anybody's guess.
 */
export class IqRequests {
  readonly #pending = new Map<string, Pending>();

  /** `el` has id, from and to. The promise always settles. */
  wait(el: Element, timeoutMs: number): Promise<Element> {
    const { id = '', from = '', to = '' } = el.attrs;
    const key = keyOf(id, to, from);
    if (this.#pending.has(key)) {
      return Promise.reject(new IqError('bad-request', 'modify', 'A request with this id is under way already'));
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(key);
        reject(new IqError('remote-server-timeout', 'wait', `No answer within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#pending.set(key, { resolve, reject, timer });
    });
  }

  /** True if this was the answer to one of ours. */
  answer(el: Element): boolean {
    const { type } = el.attrs;
    if (type !== 'result' && type !== 'error') return false;
    const request = this.take(el.attrs.id, el.attrs.from, el.attrs.to);
    if (request === undefined) return false;
    if (type === 'result') request.resolve(el);
    else {
      const { condition, type: kind, text } = errorOf(el);
      request.reject(new IqError(condition, kind, text, el));
    }
    return true;
  }

  /** A request to ourselves that came back down the stream: it is its own answer. */
  returned(el: Element): boolean {
    const request = this.take(el.attrs.id, el.attrs.to, el.attrs.from);
    request?.resolve(el);
    return request !== undefined;
  }

  /** The request could not be sent, or its answer cannot be read. */
  fail(at: { id: string | undefined; peer: string | undefined; own: string | undefined }, error: IqError): void {
    this.take(at.id, at.peer, at.own)?.reject(error);
  }

  private take(id: string | undefined, peer: string | undefined, own: string | undefined): Pending | undefined {
    if (id === undefined || this.#pending.size === 0) return undefined;
    const key = keyOf(id, peer ?? '', own ?? '');
    const request = this.#pending.get(key);
    if (request === undefined) return undefined;
    this.#pending.delete(key);
    clearTimeout(request.timer);
    return request;
  }

  /** Nothing that was asked on a lost stream will be answered on the next one. */
  failAll(text: string): void {
    for (const request of this.#pending.values()) {
      clearTimeout(request.timer);
      request.reject(new IqError('remote-server-timeout', 'wait', text));
    }
    this.#pending.clear();
  }
}

/** A full address is answered from that full address, a bare one from the bare one: the prepared addresses are equal. */
function keyOf(id: string, peer: string, own: string): string {
  return `${canonical(own)}\n${canonical(peer)}\n${id}`;
}

function canonical(text: string): string {
  const jid = parse(text);
  return jid === undefined ? text : format(jid);
}
