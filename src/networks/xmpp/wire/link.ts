import type { Socket } from 'node:net';
import { type Component, component } from '@xmpp/component';
import type { Attrs, Element } from '@xmpp/xml';
import { type Reason, reason } from '../../../cpim/reasons.ts';
import { type ParserEvents, StreamFault, StreamParser } from './parser.ts';

export interface LinkOptions {
  readonly service: string;
  readonly domain: string;
  readonly secret: string;
  readonly maxStanza: number;
  /** From the first packet to the accepted handshake. */
  readonly attemptMs: number;
  /** How long the server may take to close its side. */
  readonly goodbyeMs: number;
}

export interface LinkEvents {
  online(): void;
  stanza(el: Element): void;
  heard(): void;
  wanted?(name: string, attrs: Attrs): boolean;
  oversized(name: string, attrs: Attrs): void;
  /** Once, whatever ended it; nothing comes after. `condition` is that of the stream error, if the server gave one. */
  closed(why: Reason, condition?: string): void;
}

const streams = 'http://etherx.jabber.org/streams';
const streamErrors = 'urn:ietf:params:xml:ns:xmpp-streams';
/** What waits in memory for a server that does not read. */
const maxBuffered = 16 * 1024 * 1024;

/**
 * One connection from the first packet to the last, built on the library's component. It is never reused: no state of a failed
 * attempt can survive into the next.
 *
 * COMPAT(@xmpp/component 0.13): stanzas go from the parser to us and never through its `element` event, where its middleware parses
 * every address and throws at a bad one; its `send` throws when offline, its reconnection has no backoff and can hang for ever.
 */
export class Link {
  readonly #entity: Component;
  #parser: StreamParser | undefined;
  #socket: Socket | undefined;
  #state: 'opening' | 'online' | 'closed' = 'opening';
  #pending = '';
  #goodbye = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: LinkOptions,
    private readonly events: LinkEvents,
  ) {
    const { service, domain, secret, maxStanza, attemptMs } = options;
    const parserEvents: ParserEvents = {
      element: (el) => this.element(el),
      oversized: (name, attrs) => events.oversized(name, attrs),
    };
    if (events.wanted !== undefined) parserEvents.wanted = events.wanted.bind(events);
    this.#entity = component({ service, domain, password: secret });
    this.#entity.reconnect.stop();
    this.#entity.timeout = attemptMs;
    // The library makes its parser by `new` without arguments when it opens the stream.
    const hold = (parser: StreamParser): void => {
      this.#parser = parser;
    };
    this.#entity.Parser = class extends StreamParser {
      constructor() {
        super(parserEvents, maxStanza);
        hold(this);
      }
    };
    const header = this.#entity.headerElement.bind(this.#entity);
    // COMPAT(@xmpp/component 0.13): it writes a version, which XEP-0114 §3 does not have.
    this.#entity.headerElement = () => {
      const el = header();
      delete el.attrs.version;
      return el;
    };
    this.#entity._onData = (data) => this.data(data);
    this.#entity.on('error', (error: Error) => this.close(reason('unreachable', sentence(error))));
    this.#entity.on('disconnect', () => this.close(reason('unreachable', 'The server closed the connection')));
    this.#entity.on('close', () => this.close(reason('unreachable', 'The server closed the stream')));
    this.#entity.on('connect', () => {
      this.#socket = this.#entity.socket ?? undefined;
      this.#socket?.setNoDelay(true).setKeepAlive(true, 30_000);
    });
  }

  /** Returns at once; `online` or `closed` follows. */
  open(): void {
    const { service, domain, attemptMs } = this.options;
    const late = reason('timeout', `The server did not accept the component within ${attemptMs} ms`);
    this.#deadline = setTimeout(() => this.close(late), attemptMs);
    const run = async (): Promise<void> => {
      await this.#entity.connect(service);
      await this.#entity.open({ domain, timeout: attemptMs });
    };
    run().catch((error: unknown) => this.close(reason('unreachable', sentence(error))));
  }

  get online(): boolean {
    return this.#state === 'online';
  }

  /** False if it is not online or the server has not read for long. What is written in one turn leaves as one packet. */
  write(text: string): boolean {
    const socket = this.#socket;
    if (this.#state !== 'online' || this.#goodbye || socket === undefined) return false;
    if (socket.writableLength + this.#pending.length > maxBuffered) return false;
    if (this.#pending === '') process.nextTick(() => this.flush());
    this.#pending += text;
    return true;
  }

  private flush(): void {
    if (this.#pending === '' || this.#state !== 'online') return;
    const text = this.#pending;
    this.#pending = '';
    this.#socket?.write(text);
  }

  /** Resolves when all that was written has gone to the kernel; rejects if the link was lost before. */
  drained(): Promise<void> {
    this.flush();
    const socket = this.#socket;
    if (this.#state !== 'online' || socket === undefined) return Promise.reject(new Error('The link is down'));
    if (socket.writableLength === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const lost = () => reject(new Error('The link was lost'));
      socket.once('close', lost);
      socket.write('', (error) => {
        socket.removeListener('close', lost);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** RFC 6120 §4.4: closes our side, waits for the other, then cuts. Always resolves. */
  async end(): Promise<void> {
    const socket = this.#socket;
    const wasOnline = this.#state === 'online';
    this.flush();
    this.#goodbye = true;
    if (socket !== undefined && wasOnline && !socket.destroyed) {
      const gone = new Promise<void>((resolve) => {
        const patience = setTimeout(resolve, this.options.goodbyeMs);
        socket.once('close', () => {
          clearTimeout(patience);
          resolve();
        });
      });
      socket.end('</stream:stream>');
      await gone;
    }
    this.close(reason('unreachable', 'We closed the stream'));
  }

  /** Idempotent, and the only way out. */
  close(why: Reason, condition?: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#deadline);
    const socket = this.#entity.socket ?? this.#socket;
    this.#pending = '';
    // Listeners of the library stay until the socket has closed; errors of a dead socket are of no interest.
    socket?.on('error', () => undefined);
    socket?.destroy();
    // Its own promises wait with a timer each; an error ends them.
    this.#entity.emit('error', new Error('The link is closed'));
    this.events.closed(why, condition);
  }

  private data(data: Buffer): void {
    if (this.#state === 'closed') return;
    this.events.heard();
    try {
      this.#parser?.octets(data);
    } catch (error) {
      this.fault(error);
    }
  }

  private fault(error: unknown): void {
    const condition = error instanceof StreamFault ? error.condition : 'internal-server-error';
    const text = `<stream:error><${condition} xmlns='${streamErrors}'/></stream:error></stream:stream>`;
    if (this.#state === 'online') this.flush();
    if (this.#socket?.writable === true) this.#socket.end(text);
    this.close(reason('malformed', `The stream from the server is broken: ${sentence(error)}`));
  }

  private element(el: Element): void {
    // After a fault, or after we hung up, the rest of the chunk is nobody's.
    if (this.#state === 'closed') return;
    if (this.#state === 'online') {
      if (el.is('error', streams)) this.streamError(el);
      else this.events.stanza(el);
      return;
    }
    if (el.is('error', streams)) this.streamError(el);
    else if (el.name === 'handshake') this.accepted(el);
    // RFC 6120 §4.3.3 has features on client streams only; whatever else comes before the handshake is not for us.
  }

  /** Online from this element on, not from the library's promise: a stanza in the same chunk would come before it. */
  private accepted(el: Element): void {
    this.#state = 'online';
    clearTimeout(this.#deadline);
    this.#entity._onElement(el);
    this.events.online();
  }

  private streamError(el: Element): void {
    const condition =
      el
        .getChildElements()
        .find((child) => child.getName() !== 'text')
        ?.getName() ?? 'undefined-condition';
    const text = el.getChildText('text');
    // The library would follow `see-other-host` and show our secret's digest to whoever is named: it never sees the error.
    this.close(reason('unreachable', `The server closed the stream: ${condition}${text ? ` (${text})` : ''}`), condition);
  }
}

function sentence(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
