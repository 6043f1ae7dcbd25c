// A process with the people of the XMPP side: plain sockets and plain text, so that measuring costs little beside what is measured.
import { createConnection, type Socket } from 'node:net';
import { DIRECT, isDirect, isRetracted, line, lineId, Tally } from './tally.ts';

/** What the bench asks of this process. */
export type CrowdCommand =
  | {
      readonly do: 'enter';
      readonly port: number;
      readonly domain: string;
      readonly muc: string;
      readonly accounts: readonly { readonly name: string; readonly password: string }[];
      readonly rooms: number;
      /** Mixed: the odd rooms have none. */
      readonly archive: boolean | 'mixed';
      readonly server?: 'prosody' | 'ejabberd';
    }
  /** Each of these is written to by one of us from now on. */
  | { readonly do: 'greet'; readonly friends: readonly string[] }
  /** The streams are gone: everybody logs in again, enters again, and reads what was said meanwhile. */
  | { readonly do: 'return' }
  | { readonly do: 'times' }
  | { readonly do: 'start'; readonly run: number }
  | {
      readonly do: 'say';
      readonly run: number;
      readonly rooms: number;
      readonly from: number;
      readonly total: number;
      readonly perSecond: number;
      /** Some lines are corrections, some bear an id that was there already, some are taken back at once. */
      readonly mixed?: boolean;
    }
  | { readonly do: 'report' };

/** Lines of one room that are on their way to the server and back: enough to keep it busy, few enough to be fair. */
const WINDOW = 8;
const tally = new Tally();
/** Lines of our own that the server has shown to their sender. */
const offered = new Map<number, number>();
/** Lines to a friend, by the ids they bear; and those that came back as errors. */
const written = new Map<string, number[]>();
const told: number[] = [];

/** All that was heard in this run. */
const names = new Set<string>();

/** A line as it came. */
interface Heard {
  readonly body: string;
  readonly isOwn: boolean;
  /** Who said it where, and under which id. */
  readonly name: string;
  /** From a history. */
  readonly isPast: boolean;
  readonly stanza: string;
}

/** One account with its stream, in some of the rooms. */
class Client {
  readonly name: string;
  private readonly socket: Socket;
  private buffer = '';
  private waiting: { readonly what: RegExp; readonly done: () => void } | undefined;
  /** Called with every groupchat line. */
  heard: (line: Heard) => void = () => {};
  /** Called with the id of what could not be brought. */
  refused: (id: string) => void = () => {};

  constructor(name: string, port: number) {
    this.name = name;
    this.socket = createConnection({ host: '127.0.0.1', port }).setEncoding('utf8').setNoDelay(true);
    this.socket.on('data', (text: string) => this.take(text));
    // Who runs the servers knows when they are gone.
    this.socket.on('error', () => undefined);
  }

  end(): void {
    this.socket.destroy();
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** Writes, and waits for an answer that looks like this. */
  ask(text: string, what: RegExp): Promise<void> {
    return new Promise((done) => {
      this.waiting = { what, done };
      this.write(text);
      this.look();
    });
  }

  private take(text: string): void {
    this.buffer += text;
    this.look();
    if (friends.length > 0) for (const [, line] of this.buffer.matchAll(had)) offered.set(Number(line), 1);
    for (let end = this.buffer.indexOf('</message>'); end !== -1; end = this.buffer.indexOf('</message>')) {
      const start = this.buffer.lastIndexOf('<message', end);
      this.message(this.buffer.slice(start, end));
      this.buffer = this.buffer.slice(end + 10);
    }
    if (this.buffer.length > 100_000) this.buffer = this.buffer.slice(-50_000);
  }

  private look(): void {
    const { waiting } = this;
    if (!waiting?.what.test(this.buffer)) return;
    this.waiting = undefined;
    this.buffer = this.buffer.replace(waiting.what, '');
    waiting.done();
  }

  private message(stanza: string): void {
    const tag = stanza.slice(0, stanza.indexOf('>'));
    const id = / id=(['"])([^'"]*)\1/.exec(tag)?.[2] ?? '';
    if (/ type=(['"])error\1/.test(tag)) return this.refused(id);
    const body = /<body[^>]*>([^<]*)</.exec(stanza)?.[1];
    if (body === undefined) return;
    const from = / from=(['"])([^'"]*)\1/.exec(tag)?.[2] ?? '';
    const name = `${from} ${id}`;
    this.heard({ body, isOwn: from.endsWith(`/${this.name}`), name, isPast: stanza.includes('<delay'), stanza });
  }
}

const clients: Client[] = [];
const open = new Map<number, number>();
let address = (room: number): string => String(room);
const HAD = 'had-';
const had = new RegExp(`<iq[^>]* id=['"]${HAD}(\\d+)['"]`, 'g');
let friends: readonly string[] = [];

async function login({ port, domain }: CrowdCommand & { do: 'enter' }, name: string, password: string): Promise<Client> {
  const client = new Client(name, port);
  // From the first moment: who has been away is given at once what was kept for him.
  Object.assign(client, { heard: hear, refused });
  const header = `<?xml version='1.0'?><stream:stream to='${domain}' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`;
  await client.ask(header, /<\/stream:features>/);
  const plain = Buffer.from(`\0${name}\0${password}`).toString('base64');
  await client.ask(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`, /<success[^>]*>/);
  await client.ask(header, /<\/stream:features>/);
  await client.ask("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", /id=['"]bind['"]/);
  client.write('<presence/>');
  return client;
}

async function enter(command: CrowdCommand & { do: 'enter' }): Promise<void> {
  const { rooms, muc, archive, server } = command;
  address = (room) => (isDirect(room) ? (friends[room - DIRECT] ?? '') : `b${room}@${muc}`);
  entered = command;
  await comeIn(command, 0);
  for (let room = 0; room < rooms; room += 1) {
    const at = address(room);
    const field = (name: string, value: string): string => `<field var='${name}'><value>${value}</value></field>`;
    const archiving = archive === 'mixed' ? room % 2 === 0 : archive;
    const form = [
      field('FORM_TYPE', 'http://jabber.org/protocol/muc#roomconfig'),
      field('muc#roomconfig_persistentroom', '1'),
      field('muc#roomconfig_publicroom', '1'),
      field(server === 'ejabberd' ? 'mam' : 'muc#roomconfig_enablearchiving', archiving ? '1' : '0'),
    ];
    await clientOf(room).ask(
      `<iq type='set' id='own${room}' to='${at}'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>${form.join('')}</x></query></iq>`,
      new RegExp(`id=['"]own${room}['"]`),
    );
  }
}

let entered: (CrowdCommand & { do: 'enter' }) | undefined;
/** Whoever is on his way back does not speak. */
let arrived: Promise<void> = Promise.resolve();

async function comeIn(command: CrowdCommand & { do: 'enter' }, history: number): Promise<void> {
  for (const client of clients.splice(0)) client.end();
  for (const { name, password } of command.accounts) clients.push(await login(command, name, password));
  open.clear();
  for (let room = 0; room < command.rooms; room += 1) {
    const client = clientOf(room);
    await client.ask(
      `<presence to='${address(room)}/${client.name}'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='${history}'/></x></presence>`,
      /code=['"]110['"]/,
    );
  }
}

function clientOf(room: number): Client {
  const client = clients[(isDirect(room) ? room - DIRECT : room) % clients.length];
  if (!client) throw new Error('nobody is logged in');
  return client;
}

function hear({ body, isOwn, name, isPast, stanza }: Heard): void {
  // A history has what was heard live; two people may have said the same.
  const isKnown = isPast && names.has(name);
  if (!isOwn && !isKnown) tally.see(body);
  names.add(name);
  if (!isOwn) return;
  const [, room, number] = (/^b\d+ (\d+) (\d+)/.exec(body) ?? []).map(Number);
  if (room === undefined || number === undefined) return;
  if (!offered.has(lineId(room, number))) open.set(room, Math.max(0, (open.get(room) ?? 0) - 1));
  offered.set(lineId(room, number), 1);
  const id = /<stanza-id[^>]* id=(['"])([^'"]*)\1/.exec(stanza)?.[2];
  if (!isMixed || isPast || !isRetracted(number) || id === undefined) return;
  retract(room, number, id);
}

function retract(room: number, number: number, id: string): void {
  const type = isDirect(room) ? 'chat' : 'groupchat';
  clientOf(room).write(
    `<message type='${type}' to='${address(room)}' id='retract${room}-${number}'><retract xmlns='urn:xmpp:message-retract:1' id='${id}'/></message>`,
  );
}

let isMixed = false;

/** The people of `rooms` say `total` lines, as fast as their server takes them, or at a pace; and as many to each friend; gives how many it were. */
async function say({ run, rooms, from, perSecond, mixed, ...command }: CrowdCommand & { do: 'say' }): Promise<number> {
  isMixed = mixed === true;
  const places = [...Array.from({ length: rooms }, (_, n) => n), ...friends.map((_, n) => DIRECT + n)];
  const each = command.total / rooms;
  const total = Math.ceil(each) * places.length;
  const numbers = new Map(places.map((room) => [room, from]));
  const started = performance.now();
  for (let said = 0; said < total; ) {
    await arrived;
    const due = perSecond === 0 ? total : Math.min(total, Math.floor(((performance.now() - started) / 1000) * perSecond) + 1);
    let wrote = 0;
    for (let n = 0; n < places.length && said < due; n += 1) {
      const room = places[perSecond === 0 ? n : said % places.length] ?? 0;
      const number = numbers.get(room) ?? 0;
      if (perSecond === 0 && ((open.get(room) ?? 0) >= WINDOW || number - from >= each)) continue;
      speak(run, room, number);
      numbers.set(room, number + 1);
      open.set(room, (open.get(room) ?? 0) + 1);
      said += 1;
      wrote += 1;
    }
    await new Promise((resolve) => (wrote > 0 && perSecond === 0 ? setImmediate(resolve) : setTimeout(resolve, 1)));
  }
  return total;
}

function speak(run: number, room: number, number: number): void {
  const id = (of: number): string => `r${run}-${room}-${of}`;
  const correction = isMixed && number % 10 === 4 ? `<replace xmlns='urn:xmpp:message-correct:0' id='${id(number - 1)}'/>` : '';
  const own = isMixed && number % 10 === 7 ? id(number - 1) : id(number);
  const type = isDirect(room) ? 'chat' : 'groupchat';
  clientOf(room).write(
    `<message type='${type}' to='${address(room)}' id='${own}'><body>${line(run, room, number)}</body>${correction}</message>`,
  );
  if (!isDirect(room)) return;
  // Nobody shows it to its sender: the answer to what comes behind it says that the server has it.
  clientOf(room).write(`<iq type='get' id='${HAD}${lineId(room, number)}'><ping xmlns='urn:xmpp:ping'/></iq>`);
  written.set(own, [...(written.get(own) ?? []), lineId(room, number)]);
  if (isMixed && isRetracted(number)) retract(room, number, own);
}

function refused(id: string): void {
  const line = written.get(id)?.shift();
  if (line !== undefined) told.push(line);
}

function greet(to: readonly string[]): void {
  friends = to;
  for (const [n, friend] of to.entries())
    clientOf(DIRECT + n).write(`<message type='chat' to='${friend}' id='greeting'><body>good day</body></message>`);
}

async function obey(command: CrowdCommand): Promise<unknown> {
  switch (command.do) {
    case 'enter':
      return enter(command);
    case 'greet':
      return greet(command.friends);
    case 'start':
      names.clear();
      return tally.start(command.run);
    case 'say':
      return say(command);
    case 'return':
      if (entered) arrived = comeIn(entered, 500);
      return arrived;
    case 'times':
      return { offered: [...offered], told, ...tally.times() };
    case 'report':
      return tally.report();
  }
}

process.on('message', ({ id, command }: { id: number; command: CrowdCommand }) => {
  void obey(command).then((result) => process.send?.({ id, result }));
});
process.on('disconnect', () => process.exit(0));
