import type { Address } from '../cpim/address.ts';
import type { Id } from '../cpim/envelope.ts';
import type { Reason } from '../cpim/reasons.ts';
import type { Database } from '../db.ts';
import type { Seats } from '../identity/seats.ts';
import type { HttpPort } from '../networks/http-port.ts';
import type { Endpoint, Host, Inbound, Log, Meeting, NoteBook, SeatBook, Verdict } from '../networks/network.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Networks } from '../rooms/networks.ts';
import { type EndpointRow, knownIds, newestId } from '../rooms/room.store.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { readNote, writeNote } from '../tenancy/install.store.ts';
import type { BacklogQuota } from '../tenancy/quota.ts';
import type { Keys } from './key.ts';
import type { Meetings } from './meetings.ts';
import type { Writer } from './writing/writer.ts';

/** What all networks share of the core. */
export interface Core {
  readonly db: Database;
  readonly tenant: number;
  readonly install: string;
  readonly writer: Writer;
  readonly quota: BacklogQuota;
  readonly keys: Keys;
  readonly rooms: Rooms;
  readonly networks: Networks;
  readonly seats: Seats;
  readonly http: HttpPort;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly meetings: Meetings;
  isOwner(): boolean;
  /** An endpoint cannot be used any more, as its network says. */
  gone(at: EndpointRow): void;
}

/** The core as one network sees it. */
export class CoreHost implements Host {
  readonly network: string;
  readonly install: string;
  readonly seats: SeatBook;
  readonly notes: NoteBook;
  readonly http: HttpPort;
  readonly log: Log;
  private readonly core: Core;
  private readonly networkId: number;

  constructor(core: Core, network: string, networkId: number) {
    this.core = core;
    this.network = network;
    this.networkId = networkId;
    this.install = core.install;
    this.seats = core.seats;
    this.http = core.http;
    this.log = named(core.log, network);
    this.notes = {
      get: (key) => readNote(core.db, core.tenant, networkId, key),
      set: (key, value) => writeNote(core.db, { tenant: core.tenant, network: networkId }, key, value),
    };
  }

  async accept(batch: readonly Inbound[]): Promise<Verdict[]> {
    const { network } = this;
    const { network: wire } = this.core.networks.get(network);
    const verdicts = await this.core.quota.pass(batch, wire, (some) => this.core.writer.take(this.networkId, some));
    verdicts.forEach(({ kind: verdict }, index) => {
      this.core.metrics.inbound.inc({ network, kind: batch[index]?.kind ?? '', verdict });
    });
    return verdicts;
  }

  count(metric: string, labels: Readonly<Record<string, string>>): void {
    this.core.metrics.own.get(metric)?.inc({ network: this.network, ...labels });
  }

  isOwner(): boolean {
    return this.core.isOwner();
  }

  isKey(text: string): boolean {
    return this.core.keys.isOurs(text);
  }

  state(state: 'up' | 'connecting' | 'down', why?: Reason): void {
    this.core.networks.set(this.network, state, why);
    const fields = { state, ...(why ? { why: why.code, text: why.text } : {}) };
    if (state === 'up') this.log.info('network up', fields);
    else this.log.warn('network not up', fields);
  }

  async marker(at: Endpoint): Promise<string | undefined> {
    const row = this.core.rooms.endpoint(at.id);
    return row && ((await newestId(this.core.db, row)) ?? row.startMarker);
  }

  known(at: Endpoint, ids: readonly Id[]): Promise<boolean[]> {
    return knownIds(this.core.db, this.core.tenant, at.id, ids);
  }

  meet(meeting: Meeting): Promise<Endpoint | Reason> {
    return this.core.meetings.meet(this.network, meeting);
  }

  async moved(at: Endpoint, address: Address): Promise<void> {
    const row = this.core.rooms.endpoint(at.id);
    if (row) await this.core.meetings.moved(row, address);
  }

  gone(at: Endpoint, why: Reason): void {
    const row = this.core.rooms.endpoint(at.id);
    if (!row) return;
    row.trouble = why;
    this.core.gone(row);
    this.log.warn('an endpoint cannot be used any more', { endpoint: at.id, why: why.code, text: why.text });
  }

  trouble(at: Endpoint, why: Reason | undefined): void {
    const row = this.core.rooms.endpoint(at.id);
    if (row) row.trouble = why;
  }
}

/** Says of every line which network it is about. */
function named(inner: Log, network: string): Log {
  return {
    debug: (message, fields) => inner.debug(message, { network, ...fields }),
    info: (message, fields) => inner.info(message, { network, ...fields }),
    warn: (message, fields) => inner.warn(message, { network, ...fields }),
    error: (message, fields) => inner.error(message, { network, ...fields }),
  };
}
