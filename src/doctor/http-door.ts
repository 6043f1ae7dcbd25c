import { createServer, type IncomingMessage, type Server } from 'node:http';
import { HttpRoutes } from '../admin/http-routes.ts';
import type { Finding } from '../networks/finding.ts';
import type { HttpPort } from '../networks/http-port.ts';

const maxBody = 1024 * 1024;

/** Where we listen. */
export interface HttpPlace {
  readonly host: string;
  readonly port: number;
}

/** Our HTTP port, open for as long as the check lasts. */
export interface HttpDoor {
  readonly finding: Finding;
  /** Absent: it could not be opened. */
  readonly port?: HttpPort;
  close(): Promise<void>;
}

/** Listens where the service would; what somebody else has is a finding. */
export async function openHttp({ host, port }: HttpPlace): Promise<HttpDoor> {
  const routes = new HttpRoutes();
  const server = createServer((request, response) => {
    answer(routes, request).then(
      ({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      () => response.writeHead(400).end(),
    );
  });
  try {
    await new Promise<void>((done, fail) => server.once('error', fail).listen(port, host, done));
  } catch (error) {
    return { finding: taken({ host, port }, (error as NodeJS.ErrnoException).code ?? String(error)), close: async () => {} };
  }
  return {
    finding: { code: 'http', verdict: 'ok', evidence: `${host}:${port} is free` },
    port: routes,
    close: () => closed(server),
  };
}

async function answer(routes: HttpRoutes, request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const found = await routes.answer({
    method: request.method ?? 'GET',
    path,
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: request.headers,
    body: parsed(await textOf(request)),
  });
  return found ?? { status: 404, body: { error: 'there is nothing at this path' } };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Read to its end all the same, or the other side would not hear our answer.
    if (size <= maxBody) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}

function taken({ host, port }: HttpPlace, code: string): Finding {
  const fix =
    code === 'EADDRINUSE'
      ? `end what listens there (ss -ltnp 'sport = :${port}' names it), or choose another http.port, also in the url that the servers have`
      : code === 'EACCES'
        ? 'choose an http.port above 1023'
        : 'correct http.host: an address of this machine, 0.0.0.0 for all of them';
  const evidence =
    code === 'EADDRINUSE' ? `${host}:${port} is taken by another program` : `${host}:${port} cannot be listened on (${code})`;
  return { code: 'http-port', verdict: 'fault', evidence, fix };
}
