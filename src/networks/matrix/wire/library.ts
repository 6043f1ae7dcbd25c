import { Agent, request } from 'undici';
import { isObject } from '../event.ts';
import type { Fault, Reply } from './client.ts';
import { fault, noAnswer } from './client.ts';

/*
 * matrix-appservice-bridge and the SDK below it, with undici in the place of their HTTP client (`request`, which nobody keeps up
 * any more). Of the library we use the accounts: registration, profile, joins. Its intake answers before anything is stored, and
 * its own joining gives no reason for a failure; both are not used.
 */

/** What the library asks of `request`. */
interface Ask {
  readonly uri: string;
  readonly method: string;
  readonly qs?: Readonly<Record<string, unknown>> | null;
  /** null: the body is wanted as octets. */
  readonly encoding?: null;
  readonly timeout?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}
interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string | Buffer;
}
type Done = (error: unknown, answer?: Answer, body?: string | Buffer) => void;

// One for the process, since the library has one request function; idle connections close by themselves.
const agent = new Agent({ connections: 32, keepAliveTimeout: 4000, connect: { timeout: 5000 } });

function requestByUndici(ask: Ask, done: Done): void {
  answerTo(ask).then(
    (answer) => done(null, answer, answer.body),
    (error: unknown) => done(error),
  );
}

async function answerTo({ uri, method, qs, encoding, timeout, headers, body }: Ask): Promise<Answer> {
  const url = new URL(uri);
  for (const [key, value] of Object.entries(qs ?? {})) {
    if (value === undefined || value === null) continue;
    // `useQuerystring`: a list is the same key again.
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(key, String(one));
  }
  const answer = await request(url, {
    method,
    headers: { ...headers },
    body: body ?? null,
    dispatcher: agent,
    signal: AbortSignal.timeout(Math.min(timeout ?? 20_000, 20_000)),
  });
  const octets = Buffer.from(await answer.body.arrayBuffer());
  return {
    statusCode: answer.statusCode,
    headers: answer.headers,
    body: encoding === null ? octets : octets.toString('utf8'),
  };
}

const silent = { info() {}, warn() {}, error() {}, debug() {}, trace() {} };

/** Takes half a second and 100 MB, so it is loaded when a network starts, not when the configuration is read. */
export async function loadLibrary() {
  const [{ Intent }, { Appservice, LogService, setRequestFn }] = await Promise.all([
    import('matrix-appservice-bridge'),
    import('@vector-im/matrix-bot-sdk'),
  ]);
  setRequestFn(requestByUndici);
  // It writes bodies into its log.
  LogService.setLogger(silent);
  return { Intent, Appservice };
}

export type Library = Awaited<ReturnType<typeof loadLibrary>>;

/** The library throws what the homeserver says. */
export async function asked(work: () => Promise<unknown>): Promise<Reply> {
  try {
    const body = await work();
    return { kind: 'ok', body: isObject(body) ? body : {} };
  } catch (error) {
    return faultOf(error);
  }
}

function faultOf(error: unknown): Fault {
  const { statusCode, body, headers, retryAfterMs } = (error ?? {}) as Record<string, unknown>;
  if (typeof statusCode !== 'number') return noAnswer(error);
  const after = isObject(headers) ? headers['retry-after'] : undefined;
  const found = fault(statusCode, isObject(body) ? body : {}, typeof after === 'string' ? after : undefined);
  return typeof retryAfterMs === 'number' ? { ...found, retryAfterMs } : found;
}
