import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Content } from './pusher.ts';

/** A request of the client-server API: its path without the prefix and the version. */
export interface Asked {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Content;
}
export type Answer = readonly [status: number, body: unknown];

export interface Manner {
  /** Who is away hangs up. */
  readonly isAway: () => boolean;
  /** An answer takes a time between these. */
  readonly latencyMs: () => readonly [least: number, most: number];
}

/** Serves on a port of loopback that is free. */
export async function listen(answer: (asked: Asked) => Promise<Answer>, manner: Manner): Promise<number> {
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    if (manner.isAway()) return void outgoing.destroy();
    const asked = await read(incoming);
    const [least, most] = manner.latencyMs();
    if (most > 0) await new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)));
    const [status, body] = await answer(asked);
    outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function read(incoming: IncomingMessage): Promise<Asked> {
  const [path = '', search = ''] = (incoming.url ?? '').split('?', 2);
  const steps = path.split('/').slice(3).map(decodeURIComponent);
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return {
    method: incoming.method ?? 'GET',
    path: /^(v\d|r0)$/.test(steps[0] ?? '') ? steps.slice(1) : steps,
    query: new URLSearchParams(search),
    body: chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString('utf8')) as Content),
  };
}
