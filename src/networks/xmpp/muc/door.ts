import xml from '@xmpp/xml';
import { caught, errorOf, type StanzaError } from '../errors.ts';
import { Few } from '../few.ts';
import { ns } from '../ns.ts';
import type { El, Wire } from '../wire/wire.ts';
import { codesOf, itemOf } from './occupants.ts';
import { placeOf } from './sender.ts';

export type Entered =
  | { readonly kind: 'in'; readonly nick: string; readonly role: string; readonly codes: ReadonlySet<string> }
  | { readonly kind: 'error'; readonly error: StanzaError }
  | { readonly kind: 'down' };

export interface Knock {
  /** A full JID of ours. */
  readonly as: string;
  readonly nick: string;
  /** Attributes of `<history/>` (XEP-0045 §7.2.13). */
  readonly history: Readonly<Record<string, string>>;
  readonly ms: number;
}

interface Waiting {
  readonly nick: string;
  readonly done: (result: Entered) => void;
}

/** Servers prepare a nick without saying so (RFC 7622 §3.4). */
const sameNick = (a: string, b: string): boolean => a === b || a.normalize('NFKC').trim() === b.normalize('NFKC').trim();

const timeout: StanzaError = { condition: 'timeout', type: 'wait', text: 'the room did not answer' };

/** Joins of one room, and changes of nick, until the room answers. One at a time for each of our addresses. */
export class Door {
  private readonly waiting = new Few<string, Waiting>();
  private readonly asked = new Few<string, number>();

  constructor(
    private readonly wire: Pick<Wire, 'send'>,
    private readonly room: string,
  ) {}

  /** A nick that one of ours is asking for: whoever comes with it may be ours. */
  expects(nick: string): boolean {
    return this.asked.has(nick);
  }

  async enter(knock: Knock): Promise<Entered> {
    this.ask(knock.nick);
    const result = await this.knock(knock);
    const granted = result.kind === 'in' ? result.nick : knock.nick;
    if (granted !== knock.nick) this.ask(granted);
    // The caller books the seat in the microtasks that follow; until then the other copies of the presence may be read.
    setImmediate(() => {
      this.unask(knock.nick);
      if (granted !== knock.nick) this.unask(granted);
    });
    return result;
  }

  /** Each presence of this room to one of ours. */
  presence(el: El): void {
    const one = this.waiting.get(el.attrs.to ?? '');
    if (!one) return;
    if (el.attrs.type === 'error') return one.done({ kind: 'error', error: errorOf(el) });
    const codes = codesOf(el);
    if (!codes.has('110')) return;
    const nick = placeOf(el.attrs.from).nick ?? one.nick;
    if (el.attrs.type === undefined) {
      // The answer to a former presence can still be under way: only the nick asked for, or one that the room gave (210), is it.
      if (sameNick(nick, one.nick) || codes.has('210') || codes.has('201')) {
        one.done({ kind: 'in', nick, role: itemOf(el)?.attrs.role ?? 'participant', codes });
      }
      return;
    }
    if (el.attrs.type !== 'unavailable' || codes.has('303')) return;
    one.done({ kind: 'error', error: { condition: 'not-acceptable', type: 'wait', text: 'removed while entering' } });
  }

  private knock(knock: Knock): Promise<Entered> {
    this.waiting.get(knock.as)?.done({ kind: 'error', error: timeout });
    return new Promise((resolve) => {
      const done = (result: Entered): void => {
        clearTimeout(timer);
        if (this.waiting.get(knock.as)?.done === done) this.waiting.delete(knock.as);
        resolve(result);
      };
      const timer = setTimeout(() => done({ kind: 'error', error: timeout }), knock.ms);
      this.waiting.set(knock.as, { nick: knock.nick, done });
      const x = xml('x', { xmlns: ns.muc }, xml('history', { ...knock.history }));
      const sent = this.wire.send(xml('presence', { from: knock.as, to: `${this.room}/${knock.nick}` }, x));
      if (sent === 'sent') return;
      if ('down' in sent) done({ kind: 'down' });
      else
        done({
          kind: 'error',
          error: { condition: 'jid-malformed', type: 'modify', text: sent.refused.text ?? sent.refused.code },
        });
    });
  }

  private ask(nick: string): void {
    this.asked.set(nick, (this.asked.get(nick) ?? 0) + 1);
  }

  private unask(nick: string): void {
    const left = (this.asked.get(nick) ?? 1) - 1;
    if (left > 0) this.asked.set(nick, left);
    else this.asked.delete(nick);
  }

  /** The stream is gone, or we leave: nobody will answer. */
  close(): void {
    for (const one of [...this.waiting.values()]) one.done({ kind: 'down' });
  }
}

/** XEP-0410 §3.2: whether a full JID of ours is in a room, under this nick as far as we know. */
export async function stillIn(wire: Pick<Wire, 'iq'>, from: string, to: string): Promise<'yes' | 'no' | 'unknown'> {
  try {
    await wire.iq(xml('iq', { type: 'get', from, to }, xml('ping', { xmlns: ns.ping })), 15_000);
    return 'yes';
  } catch (error) {
    const { condition } = caught(error);
    if (condition === 'service-unavailable' || condition === 'feature-not-implemented') return 'yes';
    return condition === 'not-acceptable' ? 'no' : 'unknown';
  }
}
