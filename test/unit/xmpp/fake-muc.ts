import { randomUUID } from 'node:crypto';
import xml from '@xmpp/xml';
import type { Id } from '../../../src/cpim/envelope.ts';
import type { Delivery, Endpoint, Ghost, Host, Inbound, Seat } from '../../../src/networks/network.ts';
import { IqError } from '../../../src/networks/xmpp/errors.ts';
import { Inbox } from '../../../src/networks/xmpp/inbox.ts';
import { Stay } from '../../../src/networks/xmpp/muc/stay.ts';
import { Pace } from '../../../src/networks/xmpp/wire/pace.ts';
import type { El, SendResult } from '../../../src/networks/xmpp/wire/wire.ts';

export const roomJid = 'cafe@muc.example.org';
const listener = 'rialto@bridge.example.org/listener';
const mucUser = 'http://jabber.org/protocol/muc#user';

interface Line {
  readonly id: string;
  readonly el: El;
}

export interface Occupant {
  readonly jid: string;
  role: string;
}

/** A MUC as a component sees it: enough of XEP-0045, 0313, 0410 and 0421 to answer what a listener and ghosts ask. */
export class FakeMuc {
  readonly occupants = new Map<string, Occupant>();
  readonly lines: Line[] = [];
  readonly sent: El[] = [];
  deliver: (el: El) => void = () => undefined;
  archive = true;
  nonAnonymous = false;
  refuse: string | undefined;
  /** How the room answers to the listener: an error condition, its role, or that it was not there before. */
  toListener: { refuse?: string; role?: string; isNew?: boolean } = {};
  silent = false;
  online = true;

  send(el: El): SendResult {
    if (!this.online) return { down: true };
    this.sent.push(el);
    setImmediate(() => this.take(el));
    return 'sent';
  }

  async iq(el: El): Promise<El> {
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.online) throw new IqError('timeout', 'wait');
    if (el.getChild('ping')) return this.ping(el);
    const query = el.getChild('query', 'urn:xmpp:mam:2');
    if (query) return this.mam(query);
    const vars = ['http://jabber.org/protocol/muc', 'urn:xmpp:occupant-id:0'];
    if (this.archive) vars.push('urn:xmpp:mam:2');
    if (this.nonAnonymous) vars.push('muc_nonanonymous');
    const features = vars.map((name) => xml('feature', { var: name }));
    const identity = xml('identity', { category: 'conference', type: 'text', name: 'Café' });
    return xml('iq', { type: 'result' }, xml('query', { xmlns: 'http://jabber.org/protocol/disco#info' }, identity, ...features));
  }

  /** Somebody of another server says something. */
  says(nick: string, body: string, more: { id?: string; extra?: El[] } = {}): string {
    const extra = [xml('body', {}, body), ...(more.extra ?? [])];
    return this.broadcast(nick, xml('message', { type: 'groupchat', id: more.id ?? randomUUID() }, ...extra));
  }

  enters(nick: string, jid: string): void {
    this.occupants.set(nick, { jid, role: 'participant' });
    this.show(nick);
  }

  leaves(nick: string, codes: readonly string[] = [], next?: string): void {
    const occupant = this.occupants.get(nick);
    if (!occupant) return;
    this.occupants.delete(nick);
    const item = { affiliation: 'none', role: 'none', ...(next === undefined ? {} : { nick: next }) };
    for (const to of [...this.receivers(), occupant.jid]) {
      const own = to === occupant.jid ? ['110'] : [];
      this.presence({ from: `${roomJid}/${nick}`, to, type: 'unavailable' }, occupant, { codes: [...codes, ...own], item });
    }
  }

  private take(el: El): void {
    const [, nick = ''] = (el.attrs.to ?? '').split('/');
    const from = el.attrs.from ?? '';
    if (el.name === 'presence') return this.takePresence(el, nick, from);
    const here = [...this.occupants].find(([, one]) => one.jid === from);
    if (!here) return this.error(el, 'not-acceptable');
    if (here[1].role === 'visitor') return this.error(el, 'forbidden');
    if (!this.silent) this.broadcast(here[0], el);
  }

  private takePresence(el: El, nick: string, from: string): void {
    const before = [...this.occupants].find(([, one]) => one.jid === from);
    if (el.attrs.type === 'unavailable') return before && this.leaves(before[0]);
    const holder = this.occupants.get(nick);
    if (holder && holder.jid !== from) return this.error(el, 'conflict');
    const refuse = from === listener ? this.toListener.refuse : this.refuse;
    if (refuse !== undefined) return this.error(el, refuse);
    if (before && before[0] !== nick) this.leaves(before[0], ['303'], nick);
    const role = (from === listener ? this.toListener.role : undefined) ?? 'participant';
    this.occupants.set(nick, before?.[1] ?? { jid: from, role });
    for (const [other, occupant] of this.occupants) {
      if (other !== nick) this.presence({ from: `${roomJid}/${other}`, to: from }, occupant, { codes: [] });
    }
    this.show(nick);
    this.deliver(xml('message', { type: 'groupchat', from: roomJid, to: from }, xml('subject', {})));
  }

  private show(nick: string): void {
    const occupant = this.occupants.get(nick);
    if (!occupant) return;
    for (const to of this.receivers()) {
      const made = to === listener && this.toListener.isNew ? ['201'] : [];
      this.presence({ from: `${roomJid}/${nick}`, to }, occupant, { codes: to === occupant.jid ? ['110', ...made] : [] });
    }
  }

  private receivers(): string[] {
    return [...this.occupants.values()].map((one) => one.jid).filter((jid) => jid.includes('@bridge.'));
  }

  private presence(attrs: Record<string, string>, occupant: Occupant, more: { codes: string[]; item?: object }): void {
    const item = { affiliation: 'none', role: occupant.role, ...(this.nonAnonymous ? { jid: occupant.jid } : {}), ...more.item };
    const statuses = more.codes.map((code) => xml('status', { code }));
    const id = xml('occupant-id', { xmlns: 'urn:xmpp:occupant-id:0', id: this.idOf(occupant.jid) });
    this.deliver(xml('presence', attrs, xml('x', { xmlns: mucUser }, xml('item', item), ...statuses), id));
  }

  broadcast(nick: string, said: El): string {
    const id = `s${this.lines.length + 1}`;
    const line = xml('message', { ...said.attrs, from: `${roomJid}/${nick}`, to: listener }, ...said.children);
    const jid = this.occupants.get(nick)?.jid ?? nick;
    line.append(xml('occupant-id', { xmlns: 'urn:xmpp:occupant-id:0', id: this.idOf(jid) }));
    this.lines.push({ id, el: xml('message', line.attrs, ...line.children) });
    if (this.archive) line.append(xml('stanza-id', { xmlns: 'urn:xmpp:sid:0', by: roomJid, id }));
    if (this.receivers().includes(listener) && this.online) this.deliver(line);
    return id;
  }

  private ping(el: El): El {
    const nick = (el.attrs.to ?? '').split('/')[1] ?? '';
    if (this.occupants.get(nick)?.jid !== el.attrs.from) throw new IqError('not-acceptable', 'cancel');
    return xml('iq', { type: 'result' });
  }

  private mam(query: El): El {
    const set = query.getChild('set');
    const max = Number(set?.getChildText('max') ?? '50');
    const after = set?.getChildText('after');
    const start = after ? this.lines.findIndex((one) => one.id === after) + 1 : 0;
    if (after && start === 0) throw new IqError('item-not-found', 'cancel');
    const last = set?.getChild('before') !== undefined;
    const page = last ? this.lines.slice(-max) : this.lines.slice(start, start + max);
    for (const { id, el } of page) {
      const delay = xml('delay', { xmlns: 'urn:xmpp:delay', stamp: '2026-01-01T00:00:00Z' });
      const forwarded = xml('forwarded', { xmlns: 'urn:xmpp:forward:0' }, delay, el);
      const result = xml('result', { xmlns: 'urn:xmpp:mam:2', queryid: query.attrs.queryid, id }, forwarded);
      this.deliver(xml('message', { from: roomJid, to: listener }, result));
    }
    const complete = last || start + max >= this.lines.length;
    const ends = page.length === 0 ? [] : [xml('first', {}, page[0]?.id ?? ''), xml('last', {}, page.at(-1)?.id ?? '')];
    const fin = xml('fin', { xmlns: 'urn:xmpp:mam:2', complete: String(complete) });
    fin.append(xml('set', { xmlns: 'http://jabber.org/protocol/rsm' }, ...ends));
    return xml('iq', { type: 'result' }, fin);
  }

  private error(el: El, condition: string): void {
    const { from = '', to = '', id } = el.attrs;
    const what = xml('error', { type: 'cancel' }, xml(condition, { xmlns: 'urn:ietf:params:xml:ns:xmpp-stanzas' }));
    this.deliver(xml(el.name, { type: 'error', from: to, to: from, ...(id === undefined ? {} : { id }) }, what));
  }

  private idOf(jid: string): string {
    return `id-of-${jid.split('/')[0]}`;
  }
}

const endpoint: Endpoint = {
  id: 1,
  room: 1,
  network: 'x',
  address: { uri: 'im:cafe@muc.example.org', native: roomJid },
  settings: { seats: 'speak' },
};

/** What the core would hold: everything accepted, the seats, the notes. */
export class FakeHost implements Host {
  readonly network = 'x';
  readonly install = 'here';
  readonly accepted: Inbound[] = [];
  readonly seated = new Map<string, Seat>();
  readonly notebook = new Map<string, string>();
  readonly goneWith: string[] = [];
  failures = 0;
  seats = {
    of: async () => [...this.seated.values()],
    keep: async (_: Endpoint, seat: Seat) => void this.seated.set(seat.ghost.address.native, seat),
    drop: async (_: Endpoint, { id }: Pick<Ghost, 'id'>) => {
      for (const [key, { ghost }] of this.seated) if (ghost.id === id) this.seated.delete(key);
    },
  };
  notes = {
    get: async (key: string) => this.notebook.get(key),
    set: async (key: string, value: string) => void this.notebook.set(key, value),
  };
  http = { route: () => undefined };
  log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

  async accept(batch: readonly Inbound[]) {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the database is away');
    }
    this.accepted.push(...batch);
    return batch.map(() => ({ kind: 'stored' }) as const);
  }
  owns = true;
  isOwner = (): boolean => this.owns;
  isKey = (text: string): boolean => text.startsWith('key-');
  count(): void {}
  state(): void {}
  meet: Host['meet'] = () => Promise.reject(new Error('nobody is met in a room'));
  async moved(): Promise<void> {}
  async marker(): Promise<string | undefined> {
    const ids = this.accepted.flatMap((one) => ('ids' in one ? one.ids : []));
    return ids.findLast((id) => id.strong)?.value;
  }
  async known(_: Endpoint, ids: readonly Id[]): Promise<boolean[]> {
    const all = this.accepted.flatMap((one) => ('ids' in one ? one.ids : []));
    return ids.map((id) => all.some((one) => one.kind === id.kind && one.value === id.value));
  }
  trouble(): void {}
  gone(_: Endpoint, why: { code: string }): void {
    this.goneWith.push(why.code);
  }

  /** In short: who said what, came, went. */
  get heard(): string[] {
    return this.accepted.map(brief);
  }
}

function brief(one: Inbound): string {
  if (one.kind === 'roster') {
    const names = one.members.map((member) => member.name);
    return `roster ${names.sort().join(',')}`;
  }
  if (one.kind === 'echo' || one.kind === 'late') return `${one.kind} ${one.key}`;
  if (one.kind === 'malformed') return 'malformed';
  const { payload } = one.envelope;
  if (payload.kind === 'membership') return `${payload.change} ${payload.name}${payload.cause ? ` ${payload.cause}` : ''}`;
  return `${one.from.name}: ${'text' in payload ? String(payload.text) : payload.kind}`;
}

export interface Bench {
  readonly muc: FakeMuc;
  readonly host: FakeHost;
  readonly stay: Stay;
}

/** A listener at the door of the fake room; again with the same room and host for a restart. */
export function bench(former?: { readonly muc: FakeMuc; readonly host: FakeHost }): Bench {
  const { muc, host } = former ?? { muc: new FakeMuc(), host: new FakeHost() };
  const inbox = new Inbox(host);
  const stay = new Stay({ at: endpoint, jid: roomJid, host, wire: muc, inbox, listener }, 'Rialto', new Pace(1));
  muc.deliver = (el) => void stay.room.stanza(el);
  return { muc, host, stay };
}

export function ghost(name: string, local = name.toLowerCase()): Ghost {
  return { id: 1, name, address: { uri: `im:${local}@bridge.example.org`, native: `${local}@bridge.example.org` } };
}

let count = 0;

export function delivery(as: Ghost | undefined, text: string, more: Partial<Delivery> = {}): Delivery {
  count += 1;
  const party = { uri: 'im:somebody@elsewhere.example' };
  const envelope = {
    id: randomUUID(),
    from: party,
    to: party,
    time: new Date().toISOString(),
    payload: { kind: 'text', manner: 'plain', text } as const,
    trace: ['there'],
    extensions: [],
    degradations: [],
  };
  const base = { key: `key-${count}`, at: endpoint, envelope, targets: [], done: [], deadline: Date.now() + 30_000 };
  return { ...base, ...(as === undefined ? {} : { as }), ...more };
}

/** Until it is so, ten seconds at most. */
export async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; n < 1000 && !holds(); n += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  if (!holds()) throw new Error(`it did not come to that: ${holds.toString()}`);
}
