import type { Database } from '../db.ts';
import type { Endpoint, Ghost, Seat, SeatBook } from '../networks/network.ts';
import {
  type IdleSeat,
  idleSeats,
  keepSeat,
  leaveSeat,
  relaySeat,
  type SeatKey,
  seatsOf,
  stateOf,
  touchSeats,
} from './seat.store.ts';

/** Where our ghosts sit, and where the listener has to speak for them. The rows are the truth, and nothing of them is held. */
export class Seats implements SeatBook {
  private readonly db: Database;
  private readonly tenant: number;
  /** Who has spoken where since that was last written: endpoint → ghosts. */
  private spoke = new Map<number, Set<number>>();
  private readonly relayed = new Map<string, number>();

  constructor(db: Database, tenant: number) {
    this.db = db;
    this.tenant = tenant;
  }

  of(at: Endpoint): Promise<Seat[]> {
    return seatsOf(this.db, this.key(at));
  }

  async has(at: Endpoint, ghost: Ghost): Promise<boolean> {
    return (await stateOf(this.db, this.key(at), ghost)) === 'seated';
  }

  async keep(at: Endpoint, seat: Seat): Promise<void> {
    this.relayed.delete(`${at.id} ${seat.ghost.id}`);
    await keepSeat(this.db, this.key(at), seat);
  }

  drop(at: Endpoint, ghost: Pick<Ghost, 'id'>): Promise<void> {
    return leaveSeat(this.db, this.key(at), ghost);
  }

  /** The listener speaks for this ghost for `ms`; then the ghost may try again. True if that is new and must be told. */
  relay(at: Endpoint, ghost: Ghost, { why, ms }: { readonly why: string; readonly ms: number }): Promise<boolean> {
    this.relayed.set(`${at.id} ${ghost.id}`, Date.now() + ms);
    return relaySeat(this.db, this.key(at), ghost, why);
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

  private key(at: Endpoint): SeatKey {
    return { tenant: this.tenant, endpoint: at.id };
  }
}
