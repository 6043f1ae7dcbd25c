import { randomUUID } from 'node:crypto';
import { type Client, client, type Element, xml } from '@xmpp/client';
import type { Coming, Line, Person } from './person.ts';
import { until } from './process.ts';

export interface XmppLogin {
  readonly port: number;
  readonly domain: string;
  readonly name: string;
  readonly password: string;
}

interface InRoom {
  nick: string;
  joined: boolean;
  error: string | undefined;
  readonly lines: Line[];
  readonly occupants: Set<string>;
  readonly comings: Coming[];
}

const MUC = 'http://jabber.org/protocol/muc';

// ejabberd's name for the option is its own.
const otherNames: Readonly<Record<string, string>> = { 'muc#roomconfig_enablearchiving': 'mam' };

/** Somebody with @xmpp/client: SASL PLAIN over plain loopback TCP, rooms by XEP-0045. */
export class XmppPerson implements Person {
  readonly side = 'xmpp';
  readonly jid: string;
  name: string;
  private readonly wire: Client;
  private readonly rooms = new Map<string, InRoom>();
  /** Every stanza that was no groupchat line: private messages and errors, for who asks. */
  readonly others: Element[] = [];

  private constructor(wire: Client, login: XmppLogin) {
    this.wire = wire;
    this.name = login.name.charAt(0).toUpperCase() + login.name.slice(1);
    this.jid = `${login.name}@${login.domain}`;
    wire.on('stanza', (stanza: Element) => this.take(stanza));
    wire.on('error', () => {});
  }

  static async login(login: XmppLogin): Promise<XmppPerson> {
    const { port, domain, name, password } = login;
    const wire = client({ service: `xmpp://127.0.0.1:${port}`, domain, username: name, password, resource: 'lab' });
    const person = new XmppPerson(wire, login);
    await wire.start();
    await wire.send(xml('presence'));
    return person;
  }

  /** Enters, without old lines. A room that is new gets what its owner wants: it stays, and anybody may enter. */
  async join(room: string): Promise<void> {
    const there: InRoom = this.rooms.get(room) ?? {
      nick: this.name,
      joined: false,
      error: undefined,
      lines: [],
      occupants: new Set(),
      comings: [],
    };
    this.rooms.set(room, there);
    there.joined = false;
    // Who was here before wants what was said meanwhile; who is new wants nothing old.
    const last = there.lines.at(-1);
    const history = last ? { since: new Date(last.at - 5000).toISOString() } : { maxstanzas: '0' };
    await this.wire.send(xml('presence', { to: `${room}/${there.nick}` }, xml('x', { xmlns: MUC }, xml('history', history))));
    await until(`${this.name} is in ${room}`, () => there.joined || there.error !== undefined);
    if (there.error !== undefined) throw new Error(`${this.name} cannot enter ${room}: ${there.error}`);
  }

  /** Sets options of the room's form (XEP-0045 §10.2), under the name that this server has for them; only an owner may. */
  async configure(room: string, options: Record<string, string>): Promise<void> {
    const form = await this.iq('get', room, xml('query', { xmlns: `${MUC}#owner` }));
    const offered = form.getChild('query')?.getChild('x', 'jabber:x:data')?.getChildren('field') ?? [];
    const names = new Set(offered.map((one: Element) => one.attrs.var));
    const named = (name: string): string => (names.has(name) ? name : (otherNames[name] ?? name));
    const field = ([name, value]: [string, string]): Element => xml('field', { var: named(name) }, xml('value', {}, value));
    const fields = Object.entries({ FORM_TYPE: `${MUC}#roomconfig`, ...options }).map(field);
    await this.iq(
      'set',
      room,
      xml('query', { xmlns: `${MUC}#owner` }, xml('x', { xmlns: 'jabber:x:data', type: 'submit' }, ...fields)),
    );
  }

  /** kick, ban, member, … by role or affiliation (XEP-0045 §8, §9). */
  async moderate(room: string, item: Record<string, string>): Promise<void> {
    await this.iq('set', room, xml('query', { xmlns: `${MUC}#admin` }, xml('item', item)));
  }

  /** Only an owner may (XEP-0045 §10.9). */
  async destroy(room: string): Promise<void> {
    await this.iq('set', room, xml('query', { xmlns: `${MUC}#owner` }, xml('destroy', {})));
  }

  heard(room: string): readonly Line[] {
    return this.rooms.get(room)?.lines ?? [];
  }

  present(room: string): readonly string[] {
    return [...(this.rooms.get(room)?.occupants ?? [])];
  }

  comings(room: string): readonly Coming[] {
    return this.rooms.get(room)?.comings ?? [];
  }

  async say(room: string, text: string): Promise<void> {
    await this.send(room, xml('body', {}, text));
  }

  async emote(room: string, text: string): Promise<void> {
    await this.say(room, `/me ${text}`);
  }

  /** A groupchat message with any children; its id. */
  async send(room: string, ...children: Element[]): Promise<string> {
    const id = randomUUID();
    await this.wire.send(xml('message', { to: room, type: 'groupchat', id }, ...children));
    return id;
  }

  /** To one person, with any children; its id. */
  async write(to: string, ...children: Element[]): Promise<string> {
    const id = randomUUID();
    await this.wire.send(xml('message', { to, type: 'chat', id }, ...children));
    return id;
  }

  async rename(name: string, room: string): Promise<void> {
    await this.wire.send(xml('presence', { to: `${room}/${name}` }));
    await until(`${this.name} is ${name}`, () => this.rooms.get(room)?.nick === name);
  }

  async leave(room: string): Promise<void> {
    const there = this.rooms.get(room);
    await this.wire.send(xml('presence', { to: `${room}/${there?.nick}`, type: 'unavailable' }));
    await until(`${this.name} has left ${room}`, () => there?.joined !== true);
  }

  /** False: the server knows no such room. */
  async isRoom(address: string): Promise<boolean> {
    const known = this.iq('get', address, xml('query', { xmlns: 'http://jabber.org/protocol/disco#info' }));
    return known.then(
      () => true,
      () => false,
    );
  }

  async close(): Promise<void> {
    await Promise.race([this.wire.stop(), new Promise((resolve) => setTimeout(resolve, 2000))]);
  }

  /** After its server has been away the library logs in again by itself; the rooms are entered again here. */
  async back(): Promise<void> {
    await until(`${this.name} is online again`, () => this.wire.status === 'online', { ms: 60_000 });
    await this.wire.send(xml('presence'));
    for (const room of this.rooms.keys()) await this.join(room);
  }

  private async iq(type: string, to: string, child: Element): Promise<Element> {
    const id = randomUUID();
    const answered = (): Element | undefined => this.others.find((one) => one.is('iq') && one.attrs.id === id);
    await this.wire.send(xml('iq', { type, to, id }, child));
    await until(`${to} answers`, () => answered() !== undefined);
    const answer = answered();
    if (answer === undefined || answer.attrs.type === 'error') throw new Error(`${to}: ${answer?.getChild('error')}`);
    return answer;
  }

  private take(stanza: Element): void {
    const [room = '', nick = ''] = String(stanza.attrs.from ?? '').split(/\/(.*)/s);
    const there = this.rooms.get(room);
    if (there && stanza.is('presence')) this.presence(there, nick, stanza);
    else if (there && stanza.is('message') && stanza.attrs.type === 'groupchat') {
      this.line(there, nick, stanza);
    } else this.others.push(stanza);
  }

  private line(there: InRoom, nick: string, stanza: Element): void {
    const body = stanza.getChildText('body');
    const id = stanza.getChild('stanza-id')?.attrs.id;
    const isKnown = id !== undefined && there.lines.some((line) => line.id === id);
    if (body === null || nick === '' || isKnown) return;
    there.lines.push({ by: nick, text: body, at: Date.now(), id });
  }

  private presence(there: InRoom, nick: string, stanza: Element): void {
    const user = stanza.getChild('x', `${MUC}#user`);
    const codes = (user?.getChildren('status') ?? []).map((status) => status.attrs.code);
    if (stanza.attrs.type === 'error') {
      there.error = String(stanza.getChild('error'));
    } else if (stanza.attrs.type === 'unavailable') {
      there.occupants.delete(nick);
      there.comings.push({ who: nick, change: 'left' });
      if (codes.includes('110') && codes.includes('303')) there.nick = user?.getChild('item')?.attrs.nick ?? there.nick;
      else if (codes.includes('110')) there.joined = false;
    } else {
      // A second presence of somebody who is here is no coming.
      if (!there.occupants.has(nick)) there.comings.push({ who: nick, change: 'came' });
      there.occupants.add(nick);
      if (!codes.includes('110')) return;
      there.joined = true;
      there.nick = nick;
    }
  }
}
