import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type CommandBook, CommandError, type Failure } from '../commands/registry.ts';
import type { Log } from '../networks/network.ts';

/** sockaddr_un holds 108 octets with the final NUL; some systems fewer. */
const MAX_PATH = 100;
const MAX_BODY = 1_000_000;
const statuses: Readonly<Record<Failure, number>> = { wrong: 422, refused: 409, away: 503, failed: 500 };

/** Where the running service of a data folder listens: inside the folder, or, if that path is too long for a socket, beside all others. */
function controlPath(data: string): string {
  const inside = join(resolve(data), 'control.sock');
  if (Buffer.byteLength(inside) <= MAX_PATH) return inside;
  return join(tmpdir(), `rialto-${createHash('sha256').update(inside).digest('hex').slice(0, 16)}`, 'control.sock');
}

async function read(stream: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new CommandError('the request is too large');
    chunks.push(chunk);
  }
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

/** The control socket: whoever may write to it (mode 0600) may ask for everything in the book. */
export class Control {
  private readonly book: CommandBook;
  private readonly path: string;
  private readonly log: Log;
  private server: Server | undefined;

  constructor(book: CommandBook, data: string, log: Log) {
    this.book = book;
    this.path = controlPath(data);
    this.log = log;
  }

  /** The lock on the folder has been taken before: a socket that is there is a dead process's. */
  async start(): Promise<void> {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    rmSync(this.path, { force: true });
    const server = createServer((incoming, answer) => void this.serve(incoming, answer));
    this.server = server;
    await new Promise<void>((done, fail) => server.once('error', fail).listen(this.path, done));
    chmodSync(this.path, 0o600);
  }

  async stop(): Promise<void> {
    const server = this.server;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }

  private async serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const name = (incoming.url ?? '').replace(/^\/commands\//, '');
    try {
      const result = await this.book.run(name, await read(incoming));
      answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ result }));
    } catch (error) {
      const expected = error instanceof CommandError;
      if (!expected) this.log.error('a command failed', { command: name, reason: String(error) });
      const message = expected ? error.message : `the command failed: ${String(error)}`;
      const { failure, unless } = expected ? error : { failure: 'failed' as const, unless: undefined };
      answer
        .writeHead(statuses[failure], { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: message, failure, unless }));
    }
  }
}

/** Asks the running service of a data folder. Rejects with a CommandError for everything a person can do something about. */
export async function ask(data: string, name: string, args: unknown): Promise<unknown> {
  const socketPath = controlPath(data);
  const incoming = await new Promise<IncomingMessage>((done, fail) => {
    const asked = request({ socketPath, path: `/commands/${name}`, method: 'POST' }, done);
    asked.on('error', (error: NodeJS.ErrnoException) => {
      const away = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      fail(away ? new CommandError(`Rialto is not running on ${resolve(data)}: start it with "rialto run"`, 'away') : error);
    });
    asked.end(JSON.stringify(args));
  });
  const { result, error, ...why } = (await read(incoming)) as {
    result?: unknown;
    error?: string;
    failure?: Failure;
    unless?: string;
  };
  if (error !== undefined) throw new CommandError(error, why.failure, why.unless);
  return result;
}
