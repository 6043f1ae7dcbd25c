import { type Dispatcher, Pool } from 'undici';
import { isObject, type Json, textOf } from '../event.ts';

/** What the homeserver did not do, and why (Client-Server API, "Standard error response"). */
export interface Fault {
  readonly kind: 'fault';
  /** 0: no answer; it may have been done all the same. */
  readonly status: number;
  /** '' where the answer was not the homeserver's own. */
  readonly errcode: string;
  readonly text: string;
  readonly retryAfterMs?: number;
}
export type Reply = { readonly kind: 'ok'; readonly body: Json } | Fault;

export interface Call {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** COMPAT(synapse): `/versions` with a bad token answers an error, so that one probes without. */
  readonly anonymous?: boolean;
  readonly ms?: number;
  /** Asked when the octets are about to go out, which may be long after the call: it may have to wait for a connection. */
  readonly may?: () => boolean;
}

const roomsPath = '/_matrix/client/v3/rooms/';
const callMs = 10_000;
const connections = 64;

/** The homeserver by plain HTTP: what is hot, and what must not join, register or repeat anything by itself. */
export class Client {
  private readonly pool: Dispatcher;
  private readonly base: string;
  /** Who looks into a room where the service's own account is not, by the room's id as it stands in a path. */
  private readonly eyes = new Map<string, string>();

  constructor(
    homeserver: string,
    private readonly token: string,
    /** Hears of every call, how it ended. */
    readonly counted: (method: string, reply: Reply) => void = () => {},
  ) {
    const url = new URL(homeserver);
    this.base = url.pathname.replace(/\/+$/, '');
    // Shorter than any homeserver or proxy keeps an idle connection, or a send would meet one that closes.
    this.pool = new Pool(url.origin, { connections, keepAliveTimeout: 4000, connect: { timeout: 5000 } }).compose(guarded);
  }

  async call(method: 'GET' | 'PUT' | 'POST', path: string, call: Call = {}): Promise<Reply> {
    const reply = await this.answerTo(method, path, call);
    this.counted(callName(method, path), reply);
    return reply;
  }

  /** Calls about this room that name nobody are made by that user from now on. */
  lookAs(roomId: string, userId: string | undefined): void {
    if (userId === undefined) this.eyes.delete(encodeURIComponent(roomId));
    else this.eyes.set(encodeURIComponent(roomId), userId);
  }

  private async answerTo(method: 'GET' | 'PUT' | 'POST', path: string, call: Call): Promise<Reply> {
    const { body, anonymous, ms, may } = call;
    const looker = this.eyes.get(roomOf(path));
    const query = looker === undefined ? call.query : { user_id: looker, ...call.query };
    const search = query ? `?${new URLSearchParams(query)}` : '';
    // Not AbortSignal.timeout: thousands a second would each live on until their time is over.
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(new Error('no answer in time')), ms ?? callMs);
    try {
      const answer = await this.pool.request({
        method,
        path: `${this.base}${path}${search}`,
        headers: {
          ...(anonymous ? {} : { authorization: `Bearer ${this.token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: abort.signal,
        ...(may && { may }),
      });
      const said = parsed(await answer.body.text());
      if (answer.statusCode >= 200 && answer.statusCode < 300) return { kind: 'ok', body: said };
      return fault(answer.statusCode, said, answer.headers['retry-after']);
    } catch (error) {
      return noAnswer(error);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}

/** Refuses at the last moment what may not go out any more. */
const guarded: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const { may } = options as Pick<Call, 'may'>;
  if (may) {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      start?.(controller, context);
      if (!may()) controller.abort(new Error('it may not be sent any more'));
    };
  }
  return dispatch(options, handler);
};

// What a proxy says while it has no homeserver behind it. The homeserver itself gives an errcode with it.
const proxyOnly: ReadonlySet<number> = new Set([401, 403, 404, 408, 421, 425]);

/** What the homeserver said instead of doing it. */
export function fault(status: number, body: Json, retryAfter?: string | string[]): Fault {
  if (proxyOnly.has(status) && body.errcode === undefined) return noAnswer(`HTTP ${status}, not by the homeserver`);
  const wait = status === 429 ? waitOf(body, retryAfter) : undefined;
  return {
    kind: 'fault',
    status,
    errcode: textOf(body, 'errcode') ?? '',
    text: (textOf(body, 'error') ?? `HTTP ${status}`).slice(0, 200),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  };
}

export function noAnswer(error: unknown): Fault {
  const { code, name, message } = error as { code?: unknown; name?: unknown; message?: unknown };
  const text = name === 'TimeoutError' ? 'no answer in time' : String(code ?? message ?? error);
  return { kind: 'fault', status: 0, errcode: '', text };
}

/** The homeserver, or what stands before it, is in trouble; the call itself may be good. */
export function isOutage({ status }: Fault): boolean {
  return status === 0 || status >= 500;
}

/** It may be good another time. */
export function isPassing(fault: Fault): boolean {
  return isOutage(fault) || fault.status === 429 || fault.status === 401;
}

// "Rate limiting": the header is the way of v1.10, the field in the body the older one.
function waitOf(body: Json, header: string | string[] | undefined): number {
  const text = Array.isArray(header) ? header[0] : header;
  const seconds = Number(text);
  const field = body.retry_after_ms;
  const ms = text && Number.isFinite(seconds) ? seconds * 1000 : typeof field === 'number' ? field : 1000;
  return Math.min(Math.max(ms, 100), 300_000);
}

/** A list becomes the field `list` of an object. */
function parsed(text: string): Json {
  try {
    const body: unknown = JSON.parse(text);
    if (Array.isArray(body)) return { list: body };
    return isObject(body) ? body : {};
  } catch {
    return {};
  }
}

/** The path of a room's part. */
export function roomPath(room: string, ...rest: readonly string[]): string {
  return roomsPath + [room, ...rest].map(encodeURIComponent).join('/');
}

function roomOf(path: string): string {
  return path.startsWith(roomsPath) ? (path.slice(roomsPath.length).split('/', 1)[0] ?? '') : '';
}

/** The part of a path that says what is asked → its name in the established metrics, which is that of the SDK's function. */
const callNames: Readonly<Record<string, string>> = {
  'GET versions': 'getServerVersions',
  'GET account': 'getWhoAmI',
  'GET directory': 'lookupRoomAlias',
  'GET joined_members': 'getJoinedRoomMembers',
  'GET messages': 'getMessages',
  'GET event': 'getEvent',
  'GET state': 'getRoomState',
  'PUT state': 'sendStateEvent',
  'PUT send': 'sendEvent',
  'PUT devices': 'putDevice',
  'POST appservice': 'ping',
  'POST createRoom': 'createRoom',
  'GET profile': 'getUserProfile',
  'GET joined_rooms': 'getJoinedRooms',
};

/** `/_matrix/client/v3/rooms/!room/send/…` is about `send`, `/_matrix/client/v3/account/…` about `account`. */
function callName(method: string, path: string): string {
  const steps = path.split('/');
  const step = steps[4] === 'rooms' ? steps[6] : steps[3] === 'versions' ? steps[3] : steps[4];
  return callNames[`${method} ${step}`] ?? 'other';
}
