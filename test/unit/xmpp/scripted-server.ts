import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { Reason } from '../../../src/cpim/reasons.ts';
import type { Log } from '../../../src/networks/network.ts';
import { type El, Wire, type WireEvents, type WireOptions } from '../../../src/networks/xmpp/wire/wire.ts';

export const domain = 'bridge.example';
const secret = 'hush';

/** One accepted TCP connection; the test plays the server's part of the conversation. */
export class Connection {
  received = '';
  closed = false;
  #wake: (() => void)[] = [];

  constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      this.received += data.toString('utf8');
      this.wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.wake();
    });
  }

  private wake(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  say(data: string | Buffer): void {
    this.socket.write(data);
  }

  /** Each piece as its own packet. */
  async sayApart(...pieces: (string | Buffer)[]): Promise<void> {
    for (const piece of pieces) {
      this.say(piece);
      await pause(20);
    }
  }

  async hears(what: string | RegExp): Promise<string> {
    const found = () => (typeof what === 'string' ? this.received.includes(what) : what.test(this.received));
    await within(5_000, `the server never heard ${String(what)}, but ${this.received}`, async () => {
      while (!found()) await this.change();
    });
    return this.received;
  }

  async ends(): Promise<void> {
    await within(5_000, 'the connection stays open', async () => {
      while (!this.closed) await this.change();
    });
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve);
    });
  }

  /** XEP-0114 §3, accepting the right secret only. `with` goes out in the packet of the handshake. */
  async welcomes(extra = ''): Promise<void> {
    await this.hears(/<stream:stream [^>]*>/);
    const id = 'stream-1';
    this.say(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' from='${domain}' id='${id}'>`,
    );
    const digest = createHash('sha1')
      .update(id + secret)
      .digest('hex');
    const heard = await this.hears(/<handshake>[0-9a-f]*<\/handshake>/);
    if (heard.includes(`<handshake>${digest}</handshake>`)) this.say(`<handshake/>${extra}`);
    else this.fails('not-authorized');
  }

  fails(condition: string): void {
    this.say(`<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>`);
    this.socket.end();
  }
}

export class ScriptedServer {
  readonly connections: Connection[] = [];
  readonly at: number[] = [];
  #taken = 0;
  #wake: (() => void)[] = [];

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.connections.push(new Connection(socket));
      this.at.push(performance.now());
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  static async listen(port = 0): Promise<ScriptedServer> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return new ScriptedServer(server);
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return address.port;
  }

  /** The next connection that was not asked for yet. */
  async next(): Promise<Connection> {
    const index = this.#taken;
    this.#taken += 1;
    await within(5_000, `connection ${index} never came`, async () => {
      while (this.connections.length <= index) {
        await new Promise<void>((resolve) => {
          this.#wake.push(resolve);
        });
      }
    });
    const connection = this.connections[index];
    if (connection === undefined) throw new Error('no connection');
    return connection;
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
  }
}

/** What a wire's user sees. */
export class Ear {
  readonly stanzas: El[] = [];
  readonly states: string[] = [];
  readonly whys: Reason[] = [];
  readonly logged: string[] = [];
  #wake: (() => void)[] = [];

  readonly log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message) => void this.logged.push(message),
    error: (message) => void this.logged.push(message),
  };

  readonly events: WireEvents = {
    stanza: (el) => {
      this.stanzas.push(el);
      this.wake();
    },
    state: (state, why) => {
      this.states.push(state);
      if (why !== undefined) this.whys.push(why);
      this.wake();
    },
  };

  private wake(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async until(what: string, done: () => boolean): Promise<void> {
    await within(5_000, `never: ${what} (states ${this.states.join(' ')}; ${this.stanzas.length} stanzas)`, async () => {
      while (!done()) {
        await new Promise<void>((resolve) => {
          this.#wake.push(resolve);
        });
      }
    });
  }

  stanza(count = 1): Promise<void> {
    return this.until(`${count} stanzas`, () => this.stanzas.length >= count);
  }

  ups(count: number): Promise<void> {
    return this.until(`up ${count} times`, () => this.states.filter((state) => state === 'up').length >= count);
  }

  downs(count: number): Promise<void> {
    return this.until(`down ${count} times`, () => this.states.filter((state) => state === 'down').length >= count);
  }

  get bodies(): (string | null)[] {
    return this.stanzas.map((el) => el.getChildText('body'));
  }
}

export const quick = { attempt: 2_000, firstPause: 10, longestPause: 40, goodbye: 300 };

export function wireTo(port: number, ear: Ear, options: Partial<WireOptions> = {}, events: Partial<WireEvents> = {}): Wire {
  return new Wire(
    { service: `xmpp://127.0.0.1:${port}`, domain, secret, log: ear.log, timing: quick, ...options },
    { ...ear.events, ...events },
  );
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

async function within(ms: number, complaint: string, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint)), ms);
  });
  try {
    await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
