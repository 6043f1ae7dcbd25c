import { HttpRoutes } from '../../../src/admin/http-routes.ts';
import type { Address } from '../../../src/cpim/address.ts';
import type { Envelope, Payload } from '../../../src/cpim/envelope.ts';
import type { Reason } from '../../../src/cpim/reasons.ts';
import type { HttpAnswer } from '../../../src/networks/http-port.ts';
import { type MatrixConfig } from '../../../src/networks/matrix/config.ts';
import { matrix } from '../../../src/networks/matrix/protocol.ts';
import type { Delivery, Endpoint, Ghost, Host, Inbound, Meeting, Network, Seat, Verdict } from '../../../src/networks/network.ts';
import { QuietLog } from '../../support/quiet-log.ts';

const hsToken = 'hs-token-0123456789';

/** What the core would do, in memory. */
export class FakeCore implements Host {
  readonly network = 'home';
  readonly install = 'install1';
  readonly heard: Inbound[] = [];
  readonly states: string[] = [];
  readonly counted: string[] = [];
  readonly lost: Reason[] = [];
  readonly book = new Map<string, string>();
  readonly kept: Seat[] = [];
  readonly http = new HttpRoutes();
  readonly log = new QuietLog();
  /** True: this cannot be stored. */
  rejects: (batch: readonly Inbound[]) => boolean = () => false;

  accept = async (batch: readonly Inbound[]): Promise<Verdict[]> => {
    if (this.rejects(batch)) throw new Error('not stored');
    this.heard.push(...batch);
    return batch.map(() => ({ kind: 'stored' }));
  };
  owns = true;
  isOwner = (): boolean => this.owns;
  isKey = (text: string): boolean => text.startsWith('salt-');
  count = (metric: string, { method }: Readonly<Record<string, string>>): void => void this.counted.push(`${metric} ${method}`);
  state = (state: string): void => void this.states.push(state);
  /** The id of the newest stored event. */
  newest: string | undefined;
  marker = async (): Promise<string | undefined> => this.newest;
  known = async (_at: Endpoint, ids: readonly unknown[]): Promise<boolean[]> => ids.map(() => false);
  /** Who was met, and where endpoints have moved. */
  readonly met: Meeting[] = [];
  /** Instead of a chat. */
  refusesToMeet: Reason | undefined;
  meet = async (meeting: Meeting): Promise<Endpoint | Reason> => {
    this.met.push(meeting);
    const settings = { seats: 'speak', direct: meeting.pair } as const;
    return this.refusesToMeet ?? { id: 70 + this.met.length, room: 7, network: this.network, address: meeting.address, settings };
  };
  readonly moves: string[] = [];
  moved = async (at: Endpoint, { native }: Address): Promise<void> => void this.moves.push(`${at.address.native} → ${native}`);
  gone = (_at: Endpoint, why: Reason): void => void this.lost.push(why);
  readonly troubles: (string | undefined)[] = [];
  trouble = (_at: Endpoint, why: Reason | undefined): void => void this.troubles.push(why?.text);
  readonly notes = {
    get: async (key: string): Promise<string | undefined> => this.book.get(key),
    set: async (key: string, value: string): Promise<void> => void this.book.set(key, value),
  };
  readonly seats = {
    of: async (): Promise<Seat[]> => [...this.kept],
    keep: async (_at: Endpoint, seat: Seat): Promise<void> => {
      await this.seats.drop(_at, seat.ghost);
      this.kept.push(seat);
    },
    drop: async (_at: Endpoint, ghost: Ghost): Promise<void> => {
      const found = this.kept.findIndex((seat) => seat.ghost.id === ghost.id);
      if (found >= 0) this.kept.splice(found, 1);
    },
  };

  /** What the homeserver gets as the answer to a request. */
  async request(method: string, path: string, body?: unknown, token: string | undefined = hsToken): Promise<HttpAnswer> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await this.http.answer({ method, path, query: {}, headers, body });
    return answer ?? { status: 404, body: {} };
  }

  push(...events: unknown[]): Promise<HttpAnswer> {
    return this.transaction(1, ...events);
  }

  transaction(number: number, ...events: unknown[]): Promise<HttpAnswer> {
    return this.request('PUT', `/_matrix/app/v1/transactions/${number}`, { events });
  }
}

export function configure(homeserver: string, more: Partial<MatrixConfig> = {}): MatrixConfig {
  return matrix.config.parse({ homeserver, domain: 'hs', asToken: 'as-token-0123456789', hsToken, ...more });
}

export function endpoint(native: string, id = 1, seats: 'speak' | 'all' = 'speak'): Endpoint {
  const address = matrix.parse(native);
  if (!address) throw new Error(native);
  return { id, room: id, network: 'home', address, settings: { seats } };
}

export function ghost(network: Network, id: number, name: string): Ghost {
  const native = `person${id}@example.org`;
  const person = { network: 'other', key: native, weak: false, address: { native, uri: `im:${native}` } };
  return { id, name, address: network.ghostFor(person) };
}

let count = 0;

export function job(at: Endpoint, payload: Payload | string, as?: Ghost): Delivery {
  count += 1;
  const envelope: Envelope = {
    id: `id${count}`,
    from: { uri: 'im:romeo@example.org' },
    to: { uri: at.address.uri },
    time: new Date().toISOString(),
    payload: typeof payload === 'string' ? { kind: 'text', manner: 'plain', text: payload } : payload,
    trace: ['far', 'install1'],
    extensions: [],
    degradations: [],
  };
  const deadline = Date.now() + 60_000;
  return { key: `salt-${count}`, at, envelope, targets: [], done: [], deadline, ...(as ? { as } : {}) };
}
