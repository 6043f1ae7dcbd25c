import type { Delivery, Inbound, Verdict } from '../../src/networks/network.ts';
import type { DeliveryId, Keys } from '../../src/timeline/key.ts';
import type { Line } from '../../src/timeline/writing/append.ts';
import type { EndpointRecord, EntryRecord, Tables } from './database/tables.ts';
import type { Place, PlaceLine, Server } from './place.ts';

/** What was promised and not kept. */
export type Fault =
  | 'lost'
  | 'doubled'
  | 'out of order'
  | 'acknowledged before it was stored'
  | 'sent though retracted'
  | 'without its target'
  | 'a cursor before its copies'
  | 'a cursor that went back'
  | 'a copy without an entry'
  | 'shown without an entry'
  | 'shown though not sent'
  | 'refused without a word'
  | 'stuck';

export interface Broken {
  readonly fault: Fault;
  readonly what: string;
}

/** What is no fault, and is counted. */
export interface Tally {
  shown: number;
  late: number;
  unconfirmed: number;
  refused: number;
  dropped: number;
  /** Sent without its last part. */
  short: number;
  forgotten: number;
}

/** Watches what happens, and says at the end whether every promise was kept. It knows no more than what is said to the outside. */
export class Judge {
  readonly broken: Broken[] = [];
  readonly tally: Tally = { shown: 0, late: 0, unconfirmed: 0, refused: 0, dropped: 0, short: 0, forgotten: 0 };
  private readonly tables: Tables;
  private readonly keys: Keys;
  private readonly servers: readonly Server[];
  private readonly cursors = new Map<number, number>();
  /** Deliveries that did not go as they should on every try. */
  private readonly stumbles = new Set<string>();
  private readonly retracted = new Set<string>();

  constructor(tables: Tables, keys: Keys, servers: readonly Server[]) {
    this.tables = tables;
    this.keys = keys;
    this.servers = servers;
  }

  fault(fault: Fault, what: string): void {
    this.broken.push({ fault, what });
  }

  /** Given to a network: only for what is committed. */
  accepted(batch: readonly Inbound[], verdicts: readonly Verdict[]): void {
    batch.forEach((one, index) => {
      const verdict = verdicts[index]?.kind;
      if (one.kind !== 'event' || (verdict !== 'stored' && verdict !== 'repeat')) return;
      if (one.envelope.payload.kind === 'membership') return;
      const { kind, value } = one.ids[0] ?? { kind: '', value: '' };
      const isStrong = this.tables.nativeId.rows.has(`${one.at.id} ${kind} ${value}`);
      if (!isStrong && ![...this.tables.nativeId.rows.values()].some((id) => id.endpoint === one.at.id && id.value === value))
        this.fault('acknowledged before it was stored', `${one.at.address.native} ${value}: ${verdict}`);
    });
  }

  /** Committed, and told to the lanes. */
  stored(lines: readonly Line[]): void {
    for (const { envelope, targetSeq, room } of lines)
      if (envelope.payload.kind === 'retraction' && targetSeq !== undefined) this.retracted.add(`${room} ${targetSeq}`);
  }

  /** A connector is asked to send this now. */
  delivering(job: Delivery, place: Place): void {
    const id = this.read(job.key);
    const entry = id && this.tables.entry.rows.get(`${job.at.room} ${id.seq}`);
    if (!id || !entry) return this.fault('shown without an entry', `${place.native} ${job.key}`);
    const isOut = place.lines.some((line) => line.ours?.key === job.key);
    if (!isOut && this.retracted.has(`${entry.room} ${entry.seq}`))
      this.fault('sent though retracted', `${entry.seq} at ${place.native}`);
    if (entry.target !== null && job.targets.length === 0) this.targetOf(job, entry.target, place);
  }

  stumbled(job: Delivery): void {
    const id = this.read(job.key);
    if (id) this.stumbles.add(`${id.endpoint} ${id.seq}`);
  }

  /** At every commit: what lies at or below a cursor has ended, and no cursor goes back. */
  committed(): void {
    for (const at of this.tables.endpoint.rows.values()) {
      const before = this.cursors.get(at.id) ?? at.from;
      if (at.cursor === before) continue;
      if (at.cursor < before) this.fault('a cursor that went back', `endpoint ${at.id}: ${before} to ${at.cursor}`);
      this.cursors.set(at.id, at.cursor);
      for (let seq = before + 1; seq <= at.cursor; seq += 1) {
        const entry = this.tables.entry.rows.get(`${at.room} ${seq}`);
        if (!entry || entry.origin === at.id || this.copyOf(at.id, seq) || this.isRetracted(entry)) continue;
        this.fault('a cursor before its copies', `endpoint ${at.id}, cursor ${at.cursor}, entry ${seq}`);
      }
    }
  }

  /** When nothing moves any more. */
  final(): void {
    const endpoints = [...this.tables.endpoint.rows.values()];
    for (const at of endpoints) {
      const place = this.placeOf(at);
      if (!place) continue;
      this.stories(at, place);
      this.shown(at, place);
      for (const entry of this.entriesOf(at.room)) if (entry.origin !== at.id) this.ended(at, place, entry);
    }
    for (const { endpoint, seq } of this.tables.copy.rows.values()) {
      const room = endpoints.find((one) => one.id === endpoint)?.room ?? 0;
      if (!this.tables.entry.rows.has(`${room} ${seq}`)) this.fault('a copy without an entry', `endpoint ${endpoint}, ${seq}`);
    }
  }

  /** What was said at a place is in the timeline: all of it, once, in its order. */
  private stories(at: EndpointRecord, place: Place): void {
    const said = this.entriesOf(at.room).filter((one) => one.origin === at.id && one.kind !== 'membership');
    const byId = new Map<string, number>();
    let last = 0;
    for (const entry of said) {
      const id = this.idOf(entry);
      if (byId.has(id)) this.fault('doubled', `${id} of ${place.native} is stored as ${byId.get(id)} and ${entry.seq}`);
      byId.set(id, entry.seq);
    }
    for (const line of place.lines) {
      if (!line.said || line.said.payload.kind === 'membership') continue;
      const seq = byId.get(line.id);
      if (seq === undefined && line.isForgotten) this.tally.forgotten += 1;
      else if (seq === undefined) this.fault('lost', `${line.id} of ${place.native} was never stored`);
      else if (seq < last) this.fault('out of order', `${line.id} of ${place.native} is stored as ${seq}, behind ${last}`);
      last = seq ?? last;
    }
  }

  /** Lines of ours at a place: each part once, and what one place said in its order. */
  private shown(at: EndpointRecord, place: Place): void {
    const seen = new Set<string>();
    const newest = new Map<number, number>();
    for (const line of place.lines) {
      const id = this.deliveryOf(line);
      if (!id || !line.ours) continue;
      const entry = this.tables.entry.rows.get(`${at.room} ${id.seq}`);
      if (!entry) {
        this.fault('shown without an entry', `${line.id} at ${place.native}`);
        continue;
      }
      const name = `${id.seq} part ${line.ours.part}`;
      if (seen.has(name)) this.fault('doubled', `${name} at ${place.native}`);
      seen.add(name);
      this.tally.shown += 1;
      if (line.ours.part > 0) continue;
      const before = newest.get(entry.origin) ?? 0;
      newest.set(entry.origin, Math.max(before, id.seq));
      if (id.seq < before) this.overtaken(place, id, before);
    }
  }

  /** Within a window, what had to be sent again may come after what was sent beside it. */
  private overtaken(place: Place, id: DeliveryId, before: number): void {
    const server = this.servers.find(({ places }) => places.has(place.native));
    if ((server?.traits.window ?? 1) > 1 && this.stumbles.has(`${id.endpoint} ${id.seq}`)) this.tally.late += 1;
    else this.fault('out of order', `${id.seq} after ${before} at ${place.native}`);
  }

  /** What became of an entry at an endpoint is known, is true, and its sender knows of a refusal. */
  private ended(at: EndpointRecord, place: Place, entry: EntryRecord): void {
    const what = `${entry.seq} (${entry.kind}) at ${place.native}`;
    const lines = place.lines.filter((line) => this.deliveryOf(line)?.seq === entry.seq);
    const state = this.copyOf(at.id, entry.seq);
    switch (state) {
      case undefined:
        if (this.isRetracted(entry) && lines.length === 0) this.tally.dropped += 1;
        else this.fault('lost', `${what} has not ended`);
        return;
      case 'sent':
        // Some parts went out, and the rest was refused.
        if (lines.length < this.partsOf(entry) && this.wasTold(entry)) this.tally.refused += 1;
        // The echo of one part counts for the line when the process ends between its parts.
        else if (lines.length < this.partsOf(entry) && lines.length > 0 && this.stumbles.has(`${at.id} ${entry.seq}`))
          this.tally.short += 1;
        else if (lines.length < this.partsOf(entry))
          this.fault('lost', `${what}: ${lines.length} of ${this.partsOf(entry)} parts are there`);
        return;
      case 'unconfirmed':
        this.tally.unconfirmed += 1;
        return;
      case 'refused':
        this.tally.refused += 1;
        if (lines.length >= this.partsOf(entry)) this.fault('shown though not sent', what);
        if (entry.kind !== 'membership' && !this.wasTold(entry)) this.fault('refused without a word', what);
        return;
      case 'dropped':
        this.tally.dropped += 1;
        if (lines.length > 0) this.fault('shown though not sent', what);
        if (!['membership', 'retraction'].includes(entry.kind) && !this.isRetracted(entry))
          this.fault('lost', `${what} was dropped`);
        return;
      default:
        this.fault('lost', `${what} is ${state}`);
    }
  }

  private wasTold(entry: EntryRecord): boolean {
    const origin = this.tables.endpoint.rows.get(String(entry.origin));
    return origin !== undefined && (this.placeOf(origin)?.told.includes(this.idOf(entry)) ?? false);
  }

  /** A line that names another one here names it natively, if that one is here and known to be. */
  private targetOf(job: Delivery, target: number, place: Place): void {
    const said = this.tables.entry.rows.get(`${job.at.room} ${target}`);
    const copy = this.tables.copy.rows.get(`${job.at.id} ${target} 0`);
    // Whoever only came or went may have no id.
    if (said?.kind === 'membership') return;
    const isHere = said?.origin === job.at.id || place.lines.some((line) => this.deliveryOf(line)?.seq === target);
    if (isHere && (copy?.state === 'sent' || copy?.state === 'origin'))
      this.fault('without its target', `${job.key} at ${place.native} does not name ${target}`);
  }

  private deliveryOf({ ours }: PlaceLine): DeliveryId | undefined {
    return ours && this.read(ours.key);
  }

  private entriesOf(room: number): EntryRecord[] {
    return [...this.tables.entry.rows.values()].filter((one) => one.room === room).sort((a, b) => a.seq - b.seq);
  }

  private copyOf(endpoint: number, seq: number): string | undefined {
    return this.tables.copy.rows.get(`${endpoint} ${seq} 0`)?.state;
  }

  private isRetracted({ room, seq }: EntryRecord): boolean {
    return [...this.tables.entry.rows.values()].some(
      (one) => one.room === room && one.kind === 'retraction' && one.target === seq,
    );
  }

  private idOf(entry: EntryRecord): string {
    return /^imdn\.Message-ID: (.*)$/m.exec(String(this.tables.body.rows.get(`${entry.room} ${entry.seq}`)))?.[1]?.trim() ?? '';
  }

  private partsOf(entry: EntryRecord): number {
    const text = String(this.tables.body.rows.get(`${entry.room} ${entry.seq}`));
    return entry.kind === 'text' && text.includes('long') ? 2 : 1;
  }

  private placeOf(at: EndpointRecord): Place | undefined {
    const native = [...this.tables.address.rows.values()].find((one) => one.endpoint === at.id)?.native ?? '';
    return this.servers[at.network - 1]?.places.get(native);
  }

  /** Keys that change with every try are still ours: only a sabotage makes them. */
  private read(key: string): DeliveryId | undefined {
    return this.keys.read(key.split('.')[0] ?? '');
  }
}
