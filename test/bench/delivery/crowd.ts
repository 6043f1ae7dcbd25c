// A process with the people of the XMPP side: plain sockets and plain text, so that measuring costs little beside what is measured.
import { createConnection, type Socket } from 'node:net';
import { line, Tally } from './tally.ts';

/** What the bench asks of this process. */
export type CrowdCommand =
  | {
      readonly do: 'enter';
      readonly port: number;
      readonly domain: string;
      readonly muc: string;
      readonly accounts: readonly { readonly name: string; readonly password: string }[];
      readonly rooms: number;
      readonly archive: boolean;
    }
  | { readonly do: 'start'; readonly run: number }
  | {
      readonly do: 'say';
      readonly run: number;
      readonly rooms: number;
      readonly from: number;
      readonly total: number;
      readonly perSecond: number;
    }
  | { readonly do: 'report' };

/** Lines of one room that are on their way to the server and back: enough to keep it busy, few enough to be fair. */
const WINDOW = 8;
const tally = new Tally();

/** One account with its stream, in some of the rooms. */
class Client {
  readonly name: string;
  private readonly socket: Socket;
  private buffer = '';
  private waiting: { readonly what: RegExp; readonly done: () => void } | undefined;
  /** Called with the text of every groupchat line, and whether it is one of our own. */
  heard: (body: string, isOwn: boolean) => void = () => {};

  constructor(name: string, port: number) {
    this.name = name;
    this.socket = createConnection({ host: '127.0.0.1', port }).setEncoding('utf8').setNoDelay(true);
    this.socket.on('data', (text: string) => this.take(text));
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
    const body = /<body[^>]*>([^<]*)</.exec(stanza)?.[1];
    if (body === undefined || stanza.includes('<delay')) return;
    const from = /from=(['"])([^'"]*)\1/.exec(stanza)?.[2] ?? '';
    this.heard(body, from.endsWith(`/${this.name}`));
  }
}

const clients: Client[] = [];
const open = new Map<number, number>();
let address = (room: number): string => String(room);

async function login({ port, domain }: CrowdCommand & { do: 'enter' }, name: string, password: string): Promise<Client> {
  const client = new Client(name, port);
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
  const { accounts, rooms, muc, archive } = command;
  address = (room) => `b${room}@${muc}`;
  for (const { name, password } of accounts) clients.push(await login(command, name, password));
  for (const client of clients) client.heard = (body, isOwn) => hear(body, isOwn);
  for (let room = 0; room < rooms; room += 1) {
    const client = clientOf(room);
    const at = address(room);
    await client.ask(
      `<presence to='${at}/${client.name}'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>`,
      /code=['"]110['"]/,
    );
    const field = (name: string, value: string): string => `<field var='muc#roomconfig_${name}'><value>${value}</value></field>`;
    const form = `<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>${field('persistentroom', '1')}${field('publicroom', '1')}${field('enablearchiving', archive ? '1' : '0')}`;
    await client.ask(
      `<iq type='set' id='own${room}' to='${at}'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>${form}</x></query></iq>`,
      new RegExp(`id=['"]own${room}['"]`),
    );
  }
}

function clientOf(room: number): Client {
  const client = clients[room % clients.length];
  if (!client) throw new Error('nobody is logged in');
  return client;
}

function hear(body: string, isOwn: boolean): void {
  if (!isOwn) return void tally.see(body);
  const room = Number(/^b\d+ (\d+) /.exec(body)?.[1] ?? -1);
  open.set(room, Math.max(0, (open.get(room) ?? 0) - 1));
}

/** The people of `rooms` say `total` lines: as fast as their server takes them, or at a pace. */
async function say({ run, rooms, from, total, perSecond }: CrowdCommand & { do: 'say' }): Promise<void> {
  const numbers = new Array<number>(rooms).fill(from);
  const started = performance.now();
  for (let said = 0; said < total; ) {
    const due = perSecond === 0 ? total : Math.min(total, Math.floor(((performance.now() - started) / 1000) * perSecond) + 1);
    let wrote = 0;
    for (let room = 0; room < rooms && said < due; room += 1) {
      const turn = perSecond === 0 ? room : said % rooms;
      const isFull = (open.get(turn) ?? 0) >= WINDOW || (numbers[turn] ?? 0) - from >= total / rooms;
      if (perSecond === 0 && isFull) continue;
      speak(run, turn, numbers[turn] ?? 0);
      numbers[turn] = (numbers[turn] ?? 0) + 1;
      open.set(turn, (open.get(turn) ?? 0) + 1);
      said += 1;
      wrote += 1;
    }
    await new Promise((resolve) => (wrote > 0 && perSecond === 0 ? setImmediate(resolve) : setTimeout(resolve, 1)));
  }
}

function speak(run: number, room: number, number: number): void {
  const body = line(run, room, number);
  clientOf(room).write(
    `<message type='groupchat' to='${address(room)}' id='r${run}-${room}-${number}'><body>${body}</body></message>`,
  );
}

async function obey(command: CrowdCommand): Promise<unknown> {
  switch (command.do) {
    case 'enter':
      return enter(command);
    case 'start':
      return tally.start(command.run);
    case 'say':
      return say(command);
    case 'report':
      return tally.report();
  }
}

process.on('message', ({ id, command }: { id: number; command: CrowdCommand }) => {
  void obey(command).then((result) => process.send?.({ id, result }));
});
process.on('disconnect', () => process.exit(0));
