import { randomUUID } from 'node:crypto';
import xml from '@xmpp/xml';
import { IqError } from '../errors.ts';
import { Few } from '../few.ts';
import { ns } from '../ns.ts';
import type { El, Wire } from '../wire/wire.ts';
import { placeOf } from './sender.ts';

/** One archived stanza (XEP-0313 §4.2). */
export interface Archived {
  readonly id: string;
  readonly el: El;
  /** RFC 3339 as the archive gave it. */
  readonly time: string | undefined;
}

export interface Page {
  readonly items: readonly Archived[];
  readonly complete: boolean;
  readonly first: string | undefined;
  readonly last: string | undefined;
}

export interface Query {
  readonly start?: string;
  readonly end?: string;
  readonly after?: string;
  /** '' asks for the last page. */
  readonly before?: string;
  readonly max: number;
}

/** The archive of one room (XEP-0313 with XEP-0059). */
export class Archive {
  private readonly open = new Few<string, Archived[]>();

  constructor(
    private readonly wire: Pick<Wire, 'iq'>,
    private readonly room: string,
    private readonly as: string,
  ) {}

  /** Rejects with an IqError; `item-not-found` when `after` or `before` is not in the archive (any more). */
  async page(query: Query): Promise<Page> {
    const queryid = randomUUID();
    const items: Archived[] = [];
    this.open.set(queryid, items);
    try {
      const answer = await this.wire.iq(this.request(queryid, query), 30_000);
      const fin = answer.getChild('fin', ns.mam);
      const set = fin?.getChild('set', ns.rsm);
      const first = set?.getChildText('first') ?? items[0]?.id;
      const last = set?.getChildText('last') ?? items.at(-1)?.id;
      const complete = fin?.attrs.complete === 'true' || fin?.attrs.complete === '1' || items.length === 0;
      return { items, complete, first, last };
    } finally {
      this.open.delete(queryid);
    }
  }

  /** The id of the newest line; undefined if there is none. */
  async newest(): Promise<string | undefined> {
    return (await this.page({ before: '', max: 1 })).last;
  }

  /** Takes a result of one of our queries: true if it was one. Only the room itself may send them. */
  result(el: El): boolean {
    const result = el.getChild('result', ns.mam);
    if (!result) return false;
    const items = this.open.get(result.attrs.queryid ?? '');
    const forwarded = result.getChild('forwarded', ns.forward);
    const inner = forwarded?.getChild('message');
    if (!items || el.attrs.from !== this.room || !result.attrs.id || !inner) return true;
    // CVE-2017-5589 and its kin: what is inside may only be of this room.
    if (placeOf(inner.attrs.from).room.toLowerCase() !== this.room) return true;
    items.push({ id: result.attrs.id, el: inner, time: forwarded?.getChild('delay', ns.delay)?.attrs.stamp });
    return true;
  }

  private request(queryid: string, query: Query): El {
    const field = (name: string, value: string): El => xml('field', { var: name }, xml('value', {}, value));
    const form = xml('x', { xmlns: ns.xdata, type: 'submit' });
    form.append(xml('field', { var: 'FORM_TYPE', type: 'hidden' }, xml('value', {}, ns.mam)));
    if (query.start !== undefined) form.append(field('start', query.start));
    if (query.end !== undefined) form.append(field('end', query.end));
    const set = xml('set', { xmlns: ns.rsm }, xml('max', {}, String(query.max)));
    if (query.after !== undefined) set.append(xml('after', {}, query.after));
    if (query.before !== undefined) set.append(xml('before', {}, query.before));
    return xml('iq', { type: 'set', from: this.as, to: this.room }, xml('query', { xmlns: ns.mam, queryid }, form, set));
  }
}

/** The place where we stopped is not in the archive. */
export function unknownPlace(error: unknown): boolean {
  return error instanceof IqError && error.condition === 'item-not-found';
}
