import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpAnswer, HttpRequest } from '../../http-port.ts';
import type { Host, Inbound } from '../../network.ts';
import type { MatrixConfig } from '../config.ts';
import { type Event, isObject } from '../event.ts';
import { parseGhost } from '../ids.ts';
import type { Accounts } from '../people/accounts.ts';
import type { People } from '../people/people.ts';
import type { Room, Rooms } from '../rooms/rooms.ts';
import { type Effect, invitation, malformed, read as readEvent, roomIdOf, wanted } from './reading.ts';

const api = '/_matrix/app/v1';
/** After so many refusals of one transaction each of its events is tried alone. */
const patience = 3;

/** What the intake needs of the network while it is open. */
export interface Open {
  readonly accounts: Accounts;
  readonly people: People;
  /** Asks the rooms for what the homeserver may have lost, if there is reason to; before anything newer is read. */
  caughtUp(): Promise<void>;
  /** Asks one room for that, if nobody has. */
  before(room: Room): Promise<void>;
  /** A ghost was invited to a room that is not linked. */
  invited(event: Event): Promise<void>;
  /** The homeserver may have begun anew. */
  doubt(): void;
  /** What an event means for ourselves, once it is stored. */
  effect(room: Room, effect: Effect): void;
}

/**
 * The homeserver's way to us (Application Service API, "Pushing events"). A transaction is answered 200 after its events are
 * stored, and not before; until then the homeserver keeps it and tries again. A repeat is known by the ids of its events, since
 * transaction ids start again with a new homeserver process.
 */
export class Intake {
  private open: Open | undefined;
  private tail: Promise<unknown> = Promise.resolve();
  private failed = { txn: '', times: 0 };
  private newestTxn = 0;

  constructor(
    private readonly config: MatrixConfig,
    private readonly host: Host,
    private readonly rooms: Rooms,
  ) {
    // The second place is for an installation with several homeservers: the name of the network, then the same paths.
    for (const base of [api, `/${host.network}${api}`]) {
      host.http.route('PUT', `${base}/transactions/:txn`, (request) => this.guarded(request, () => this.transaction(request)));
      host.http.route('GET', `${base}/users/:user`, (request) => this.guarded(request, () => this.user(request)));
      host.http.route('GET', `${base}/rooms/:alias`, (request) => this.guarded(request, async () => notFound));
      host.http.route('POST', `${base}/ping`, (request) => this.guarded(request, async () => ok));
    }
  }

  start(open: Open): void {
    this.open = open;
  }

  /** Takes nothing more; resolves when what is in hand is stored. */
  async stop(): Promise<void> {
    this.open = undefined;
    await this.tail;
  }

  private async guarded(request: HttpRequest, answer: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
    const token = tokenOf(request);
    if (token === undefined) return error(401, 'M_MISSING_TOKEN', 'an access token is missing');
    if (!equal(token, this.config.hsToken))
      return error(403, 'M_FORBIDDEN', 'this is not the hs_token of this application service');
    try {
      return await answer();
    } catch (reason) {
      this.host.log.warn('a request of the homeserver failed', { reason: String(reason) });
      return notNow;
    }
  }

  private async user({ params }: HttpRequest): Promise<HttpAnswer> {
    const { user = '' } = params;
    const { ghostPrefix: prefix, domain } = this.config;
    const isGhost = parseGhost(user, { prefix, domain }) !== undefined;
    return isGhost && (await this.open?.accounts.exists(user)) ? ok : notFound;
  }

  private async transaction({ body, params }: HttpRequest): Promise<HttpAnswer> {
    if (!isObject(body)) return error(400, 'M_NOT_JSON', 'a transaction is a JSON object');
    const { events } = body;
    if (!Array.isArray(events)) return error(400, 'M_BAD_JSON', 'a transaction has a list of events');
    await this.inTurn(() => this.take(params.txn ?? '', events));
    return ok;
  }

  /** One after the other: what comes later is not read before what came earlier is stored. */
  async inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.tail.then(work);
    this.tail = turn.catch(() => {
      // Whoever asked hears of it (a transaction is answered 503); the next one is not concerned.
    });
    await turn;
  }

  /** Events that did not come by a transaction; within `inTurn`. */
  async feed(events: readonly unknown[]): Promise<void> {
    await this.read('', events);
  }

  /** An event that could not be read before. False: it still cannot be. */
  async reread(octets: string): Promise<boolean> {
    const raw: unknown = JSON.parse(octets);
    const room = await this.rooms.find(roomIdOf(raw) ?? '');
    const { open } = this;
    if (!room || !open) return false;
    const { people } = open;
    let isRead = false;
    await this.inTurn(async () => {
      await this.look([raw], new Map([[room.id, room]]), people);
      const { inbound } = readEvent(room, raw, people, this.host);
      if (!inbound || inbound.kind === 'malformed') return;
      await this.host.accept([inbound]);
      isRead = true;
    });
    return isRead;
  }

  /** Rejects if not all of it is stored. */
  private async take(txn: string, events: readonly unknown[]): Promise<void> {
    // Counted from the beginning by a new process of the homeserver. COMPAT(synapse): one that it stored just as it found us again
    // is left behind until it next loses us; so a number that is left out is a reason to ask the rooms, too.
    const number = Number(txn);
    if (this.newestTxn > 0 && (number < this.newestTxn || number > this.newestTxn + 1)) this.open?.doubt();
    await this.open?.caughtUp();
    for (const id of new Set(events.map(roomIdOf))) {
      const room = id === undefined ? undefined : await this.rooms.find(id);
      if (room) await this.open?.before(room);
    }
    await this.read(txn, events);
    this.newestTxn = Number.isSafeInteger(number) ? number : 0;
  }

  private async read(txn: string, events: readonly unknown[]): Promise<void> {
    const { open } = this;
    if (!open) throw new Error('not started, or stopping');
    for (const raw of events) {
      const invited = invitation(raw, open.people);
      if (invited && !(await this.rooms.find(invited.room))) await open.invited(invited);
    }
    const rooms = new Map<string, Room>();
    for (const id of new Set(events.map(roomIdOf))) {
      const room = id === undefined ? undefined : await this.rooms.find(id);
      if (room) rooms.set(room.id, room);
    }
    await this.look(events, rooms, open.people);
    const batch: Inbound[] = [];
    const effects: (readonly [Room, Effect])[] = [];
    for (const raw of events) {
      const id = roomIdOf(raw);
      const room = rooms.get(id ?? '');
      if (id === undefined) batch.push(malformed(raw, 'an event without a room'));
      if (!room) continue;
      const { inbound, effect } = readEvent(room, raw, open.people, this.host);
      // What an earlier event of this batch will tell people has not been told yet.
      const isTold = effect && effects.some(([where, other]) => where === room && isSame(other, effect));
      if (inbound && !isTold) batch.push(inbound);
      if (effect?.kind === 'unreadable') effects.push([room, { ...effect, isDue: effect.isDue && !isTold }]);
      else if (effect && !isTold) effects.push([room, effect]);
    }
    if (batch.length > 0) await this.store(txn, batch);
    for (const [room, effect] of effects) open.effect(room, effect);
  }

  private async look(events: readonly unknown[], rooms: ReadonlyMap<string, Room>, people: People): Promise<void> {
    const users = new Map<string, Set<string>>();
    const targets = new Map<string, Set<string>>();
    for (const raw of events) {
      const room = rooms.get(roomIdOf(raw) ?? '');
      if (!room) continue;
      const { user, event } = wanted(raw, people);
      if (user !== undefined) users.set(room.id, (users.get(room.id) ?? new Set()).add(user));
      if (event !== undefined) targets.set(room.id, (targets.get(room.id) ?? new Set()).add(event));
    }
    const ids = new Set([...users.keys(), ...targets.keys()]);
    await Promise.all([...ids].map((id) => people.look(id, users.get(id) ?? [], targets.get(id) ?? [])));
  }

  /** One commit for all. If that never succeeds, one event may be at fault: the others must not wait behind it for ever. */
  private async store(txn: string, batch: readonly Inbound[]): Promise<void> {
    try {
      await this.host.accept(batch);
      this.failed = { txn: '', times: 0 };
    } catch (reason) {
      this.failed = { txn, times: this.failed.txn === txn ? this.failed.times + 1 : 1 };
      if (this.failed.times < patience) throw reason;
      for (const one of batch) await this.storeAlone(one);
      this.failed = { txn: '', times: 0 };
    }
  }

  private async storeAlone(one: Inbound): Promise<void> {
    try {
      await this.host.accept([one]);
    } catch (reason) {
      // Rejects too if the database is at fault; then the whole transaction comes again.
      await this.host.accept([malformed(one, `it cannot be stored: ${String(reason)}`)]);
      // Now that the database is known to work: was it only the database?
      const stored = await this.host.accept([one]).catch(() => undefined);
      if (!stored) this.host.log.error('an event that cannot be stored was set aside', { reason: String(reason) });
    }
  }
}

/** Both would tell people the same thing. */
function isSame(a: Effect, b: Effect): boolean {
  if (a.kind === 'unreadable') return b.kind === 'unreadable' && a.isDue && b.isDue && a.userId === b.userId;
  return a.kind === 'encrypted' && b.kind === 'encrypted';
}

const ok: HttpAnswer = { status: 200, body: {} };
const notFound = error(404, 'M_NOT_FOUND', 'there is no such thing here');
const notNow = error(503, 'M_UNKNOWN', 'not now: try again');

function error(status: number, errcode: string, text: string): HttpAnswer {
  return { status, body: { errcode, error: text } };
}

/** "Authorization": the header; COMPAT(homeservers before v1.4): the query. */
function tokenOf({ headers, query }: HttpRequest): string | undefined {
  const header = headers.authorization;
  const bearer = typeof header === 'string' ? /^Bearer +(.+)$/i.exec(header)?.[1] : undefined;
  return bearer ?? query.access_token;
}

/** In a time that tells nothing of the secret. */
function equal(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
