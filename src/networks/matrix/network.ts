import type { Address } from '../../cpim/address.ts';
import type { Capabilities } from '../../cpim/capabilities.ts';
import { reason } from '../../cpim/reasons.ts';
import type {
  Attached,
  Delivery,
  Endpoint,
  Host,
  Neighbour,
  Network,
  Outcome,
  Pair,
  Person,
  Ref,
  Refused,
  Status,
  Wish,
} from '../network.ts';
import { isRoomId, userUri } from './address.ts';
import { capabilities } from './capabilities.ts';
import type { MatrixConfig } from './config.ts';
import { ghostId } from './ids.ts';
import { CatchUp } from './intake/catch-up.ts';
import { Effects } from './intake/effects.ts';
import { Intake } from './intake/intake.ts';
import type { Effect } from './intake/reading.ts';
import { Outbox } from './outbox/outbox.ts';
import { recover } from './outbox/recovery.ts';
import { sayHere, statusContent } from './outbox/tell.ts';
import { Accounts } from './people/accounts.ts';
import { Newcomers } from './people/newcomers.ts';
import { People } from './people/people.ts';
import { Seats } from './people/seats.ts';
import { BridgeMarks } from './rooms/bridges.ts';
import { DirectRooms, directPlace } from './rooms/direct.ts';
import { Door } from './rooms/door.ts';
import { type Room, Rooms } from './rooms/rooms.ts';
import { Client } from './wire/client.ts';
import { Health } from './wire/health.ts';
import { loadLibrary } from './wire/library.ts';

const firstLinkMs = 60_000;
const againMs = 10 * 60_000;
const drainMs = 8000;
const leavingAtOnce = 5;
const unsaid: Outcome = { kind: 'retry', why: reason('unknown-target', 'not there'), scope: 'entry', done: [] };

/** All that works only after `start`. */
interface Running {
  readonly accounts: Accounts;
  readonly health: Health;
  readonly door: Door;
  readonly direct: DirectRooms;
  readonly seats: Seats;
  readonly newcomers: Newcomers;
  readonly outbox: Outbox;
  readonly marks: BridgeMarks;
}

/** A homeserver that we are an application service of, and the rooms that are reached through it. */
export class MatrixNetwork implements Network {
  private readonly client: Client;
  private readonly rooms: Rooms;
  private readonly people: People;
  private readonly intake: Intake;
  private readonly catchUp: CatchUp;
  private readonly inHand = new Set<Promise<unknown>>();
  private running: Running | undefined;
  /** Attached, and not yet asked for what has come meanwhile. */
  private readonly resumed: Room[] = [];
  private resuming: Promise<void> | undefined;

  constructor(
    private readonly config: MatrixConfig,
    private readonly host: Host,
  ) {
    this.client = new Client(config.homeserver, config.asToken, (method, reply) => {
      host.count(reply.kind === 'ok' ? 'bridge_matrix_api_calls' : 'bridge_matrix_api_calls_failed', { method });
    });
    this.rooms = new Rooms(host.notes, (room, user) => this.client.lookAs(room, user));
    this.people = new People(this.client, config);
    this.intake = new Intake(config, host, this.rooms);
    this.catchUp = new CatchUp({ host, client: this.client, rooms: this.rooms, intake: this.intake });
  }

  async start(): Promise<void> {
    const { client, config, host, people, rooms } = this;
    const accounts = new Accounts(await loadLibrary(), client, host.notes, config);
    const { intake, catchUp } = this;
    const health = new Health(client, accounts, config, {
      host,
      away: () => catchUp.mark(),
      back: () => void this.fetchMissed(() => catchUp.run()),
    });
    const seats = new Seats(host, client, accounts);
    const newcomers = new Newcomers({ host, seat: (room, ghost) => this.hold(room.inTurn(() => seats.take(room, ghost))) });
    const outbox = new Outbox({ host, client, accounts, seats, newcomers });
    const door = new Door({ host, client, accounts, people, rooms });
    const direct = new DirectRooms({ host, client, accounts, people, rooms, config });
    const marks = new BridgeMarks({ client, notes: host.notes, bot: accounts.bot });
    this.running = { accounts, health, door, direct, seats, newcomers, outbox, marks };
    // Before the homeserver is asked for anything: it answers by sending what waits there.
    const effects = new Effects({ host, client, accounts, people, seats, rooms });
    const effect = (room: Room, what: Effect): void => void this.hold(effects.apply(room, what));
    const asked = { doubt: () => catchUp.mark(), caughtUp: () => catchUp.run(), before: (room: Room) => catchUp.before(room) };
    intake.start({ accounts, people, effect, invited: (event) => direct.invited(event), ...asked });
    await health.start();
  }

  async stop(): Promise<void> {
    this.running?.newcomers.stop();
    const drained = Promise.allSettled([this.intake.stop(), ...this.inHand]);
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([drained, new Promise((resolve) => (timer = setTimeout(resolve, drainMs)))]);
    clearTimeout(timer);
    this.running?.health.stop();
    this.running = undefined;
    await this.client.close();
  }

  async attach(at: Endpoint, from: string | undefined, wish?: Wish): Promise<Attached | Refused> {
    const { running } = this;
    if (!running || !(await running.health.up(from === undefined ? firstLinkMs : againMs))) {
      return { kind: 'refused', why: reason('unreachable', 'the homeserver does not answer') };
    }
    const door = at.settings.direct ? running.direct : running.door;
    const result = await this.hold(door.attach(at, from, wish));
    const room = this.rooms.get(at);
    if (result.kind === 'attached' && room) await running.newcomers.resume(room);
    const isOwed = from !== undefined || at.settings.direct !== undefined;
    if (result.kind === 'attached' && room && isOwed) await this.fetchMissedBy(room);
    return result;
  }

  async beside(at: Endpoint, others: readonly Neighbour[]): Promise<void> {
    const room = this.rooms.get(at);
    const { running } = this;
    if (room && running && !at.settings.direct) await this.hold(room.inTurn(() => running.marks.set(room.id, others)));
  }

  async detach(at: Endpoint): Promise<void> {
    const room = this.rooms.get(at);
    const { running } = this;
    if (!room || !running) return;
    await this.rooms.remove(room);
    const { direct } = at.settings;
    if (direct) return running.direct.leave(room, direct);
    const { accounts, marks, newcomers, seats } = running;
    await newcomers.forget(room);
    await room
      .inTurn(() => marks.set(room.id, []))
      .catch((error: unknown) => {
        this.host.log.warn('the mark of the bridge could not be taken back', { room: room.id, reason: String(error) });
      });
    const ghosts = (await this.host.seats.of(at)).map((seat) => seat.ghost);
    const leave = async (): Promise<void> => {
      for (let ghost = ghosts.pop(); ghost; ghost = ghosts.pop()) await seats.leave(room, ghost);
    };
    await Promise.all(Array.from({ length: leavingAtOnce }, leave));
    const left = await accounts.leave(accounts.bot, room.id);
    if (left.kind === 'fault') this.host.log.warn('the bot could not leave a room', { errcode: left.errcode });
  }

  capabilities(_at: Endpoint): Capabilities {
    return capabilities;
  }

  ghostFor(person: Person): Address {
    const native = ghostId(person, { prefix: this.config.ghostPrefix, domain: this.config.domain });
    return { uri: userUri(native), native };
  }

  direct(pair: Pair): Address | undefined {
    return this.people.isOurs(pair.peer) ? undefined : directPlace(pair);
  }

  async deliver(job: Delivery): Promise<Outcome> {
    const { running } = this;
    if (!running?.health.isUp) {
      return { kind: 'retry', why: reason('unreachable', 'the homeserver does not answer'), scope: 'network', done: job.done };
    }
    const room = this.rooms.get(job.at) ?? (await this.opened(running, job));
    const outcome = 'kind' in room ? room : await this.hold(running.outbox.deliver(room, job));
    if (outcome.kind === 'retry' && outcome.scope === 'network') {
      this.catchUp.mark();
      running.health.doubt();
    }
    return outcome;
  }

  /** The first line of a direct chat makes its room. */
  private async opened({ direct }: Running, { at, as, done }: Delivery): Promise<Room | Outcome> {
    const pair = at.settings.direct;
    if (pair && as && !isRoomId(at.address.native)) return this.hold(direct.open(at, pair, as));
    const why = reason('unreachable', 'this room is not attached');
    return { kind: 'retry', why, scope: 'endpoint', done, afterMs: 2000 };
  }

  async recover(at: Endpoint, doubtful: readonly Delivery[]): Promise<Outcome[]> {
    const room = this.rooms.get(at);
    if (room && this.running)
      return this.hold(recover(room, doubtful, { client: this.client, people: this.people, host: this.host }));
    // Nothing has been said in a room that was never made.
    if (at.settings.direct && !isRoomId(at.address.native)) return doubtful.map(() => unsaid);
    return doubtful.map(() => ({ kind: 'unknown', why: reason('unreachable', 'this room is not attached') }));
  }

  reread(octets: string): Promise<boolean> {
    return this.intake.reread(octets);
  }

  async tell(to: Ref, status: Status): Promise<void> {
    const room = this.rooms.get(to.at);
    if (room && this.running) await this.hold(sayHere(room, this.client, this.running.accounts, statusContent(to, status)));
  }

  /** Rooms that are attached at the same time are asked in one turn: what comes in does not wait behind each of them. */
  private fetchMissedBy(room: Room): Promise<void> {
    this.resumed.push(room);
    this.resuming ??= this.fetchMissed(() => {
      this.resuming = undefined;
      return this.catchUp.all(this.resumed.splice(0));
    });
    return this.resuming;
  }

  /** What the homeserver has lost on its way to us. If it cannot be had now, it is due with the next transaction. */
  private async fetchMissed(work: () => Promise<void>): Promise<void> {
    await this.hold(this.intake.inTurn(work)).catch((error: unknown) => {
      this.catchUp.mark();
      this.host.log.warn('the history of a room could not be read, trying again', { reason: String(error) });
    });
  }

  private hold<T>(work: Promise<T>): Promise<T> {
    const held = work.finally(() => this.inHand.delete(held));
    this.inHand.add(held);
    return held;
  }
}
