import type { Database } from '../db.ts';
import type { Endpoint, Ghost, Seat, SeatBook } from '../networks/network.ts';
import { type IdleSeat, idleSeats, keepSeat, leaveSeat, relaySeat, seatsOf, touchSeats } from './seat.store.ts';

/** Where our ghosts sit, and where the listener has to speak for them. */
export class Seats implements SeatBook {
  private readonly db: Database;
  private readonly tenant: number;
  private readonly taken = new Map<number, Map<number, Seat>>();
  /** Who has spoken where since that was last written: endpoint → ghosts. */
  private spoke = new Map<number, Set<number>>();
  private readonly relayed = new Map<string, number>();

  constructor(db: Database, tenant: number) {
    this.db = db;
    this.tenant = tenant;
  }

  async of(at: Endpoint): Promise<Seat[]> {
    return [...(await this.load(at.id)).values()];
  }

  async has(at: Endpoint, ghost: Ghost): Promise<boolean> {
    return (await this.load(at.id)).has(ghost.id);
  }

  async keep(at: Endpoint, seat: Seat): Promise<void> {
    const seats = await this.load(at.id);
    this.relayed.delete(`${at.id} ${seat.ghost.id}`);
    if (seats.get(seat.ghost.id)?.nick === seat.nick) return;
    await keepSeat(this.db, { tenant: this.tenant, endpoint: at.id }, seat);
    seats.set(seat.ghost.id, seat);
  }

  async drop(at: Endpoint, ghost: Ghost): Promise<void> {
    await leaveSeat(this.db, { tenant: this.tenant, endpoint: at.id }, ghost);
    (await this.load(at.id)).delete(ghost.id);
  }

  /** The listener speaks for this ghost for `ms`; then the ghost may try again. True if that is new and must be told. */
  async relay(at: Endpoint, ghost: Ghost, { why, ms }: { readonly why: string; readonly ms: number }): Promise<boolean> {
    this.relayed.set(`${at.id} ${ghost.id}`, Date.now() + ms);
    (await this.load(at.id)).delete(ghost.id);
    return relaySeat(this.db, { tenant: this.tenant, endpoint: at.id }, ghost, why);
  }

  isRelayed(at: Endpoint, ghost: Ghost): boolean {
    return (this.relayed.get(`${at.id} ${ghost.id}`) ?? 0) > Date.now();
  }

  /** The ghost has said something: it does not idle. */
  used(at: Endpoint, ghost: Pick<Ghost, 'id'>): void {
    const known = this.spoke.get(at.id);
    if (known) known.add(ghost.id);
    else this.spoke.set(at.id, new Set([ghost.id]));
  }

  /** At each of these endpoints one ghost at most that has been silent there for more than so many days. */
  async idle(endpoints: readonly number[], days: number): Promise<IdleSeat[]> {
    const pairs = [...this.spoke].flatMap(([endpoint, ghosts]) => [...ghosts].map((ghost) => ({ endpoint, ghost })));
    this.spoke = new Map();
    const [at, ghosts] = [pairs.map((one) => one.endpoint), pairs.map((one) => one.ghost)];
    await touchSeats(this.db, this.tenant, at, ghosts);
    return idleSeats(this.db, this.tenant, endpoints, days);
  }

  private async load(endpoint: number): Promise<Map<number, Seat>> {
    const known = this.taken.get(endpoint);
    if (known) return known;
    const seats = await seatsOf(this.db, { tenant: this.tenant, endpoint });
    const loaded = this.taken.get(endpoint) ?? new Map(seats.map((seat) => [seat.ghost.id, seat]));
    this.taken.set(endpoint, loaded);
    return loaded;
  }
}
