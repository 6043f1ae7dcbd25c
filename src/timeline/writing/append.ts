import { toCpim } from '../../cpim/carry/carry.ts';
import { type Envelope, type Id, type Membership } from '../../cpim/envelope.ts';
import { reason } from '../../cpim/reasons.ts';
import type { Sql } from '../../db.ts';
import { type KnownSender, type SenderOf, upsertSenders } from '../../identity/sender.store.ts';
import type { Inbound, Verdict } from '../../networks/network.ts';
import { type MemberChange, openMembers } from '../../rooms/member.store.ts';
import { type EndpointRow, shownPlace } from '../../rooms/room.store.ts';
import type { Debt } from '../copy.store.ts';
import type { DeliveryId } from '../key.ts';
import { entryOf, type Malformed, senderOf } from '../timeline.store.ts';
import type { Arrival } from './arrival.ts';
import type { CopyId, CopyState, NewEntry } from './commit.store.ts';
import type { KnownSenders } from './senders.ts';

/** A committed line of a room's timeline, as the lanes take it over. */
export interface Line {
  readonly room: number;
  readonly seq: number;
  readonly origin: number;
  readonly sender: KnownSender;
  readonly envelope: Envelope;
  readonly targetSeq: number | undefined;
  /** When it was stored, in epoch milliseconds. */
  readonly receivedAt: number;
}

export interface AppendContext {
  readonly tenant: number;
  readonly install: string;
  readonly now: Date;
  /** Strong ids that are stored already, as `endpoint kind value`. */
  readonly repeats: ReadonlySet<string>;
  newId(): string;
  readonly senders: KnownSenders;
}

/** A line that will be stored, if the batch is. */
interface Pending extends NewEntry {
  readonly envelope: Envelope;
  readonly known: KnownSender;
  target: number | Pending | undefined;
  seq: number;
}

/** What a batch of arrivals writes, in order, and what each of them is told once it is written. */
export class Append {
  readonly verdicts: Verdict[] = [];
  readonly entries: Pending[] = [];
  readonly copies: CopyState[] = [];
  readonly ids: CopyId[] = [];
  readonly malformed: Malformed[] = [];
  readonly owed: Debt[] = [];
  readonly senders = new Map<string, KnownSender>();
  private readonly sql: Sql;
  private readonly context: AppendContext;
  private readonly changed: { readonly entry: Pending; readonly name: string | undefined }[] = [];
  private readonly members = new Map<string, string>();
  private readonly here = new Map<number, KnownSender>();
  private readonly stored: Set<string>;

  constructor(sql: Sql, context: AppendContext) {
    this.sql = sql;
    this.context = context;
    this.stored = new Set(context.repeats);
  }

  async prepare(arrivals: readonly Arrival[]): Promise<void> {
    await this.load(arrivals);
    for (const arrival of arrivals) this.verdicts.push(await this.take(arrival));
  }

  /** Some of the entries are stored already: their strong ids, into `names`. */
  known(entries: readonly number[], names: Set<string>): void {
    for (const entry of entries.map((index) => this.entries[index])) {
      for (const name of entry ? strongNames(entry.endpoint, entry.ids) : []) names.add(name);
    }
  }

  /** The numbers that the entries were given. */
  number(seqs: readonly number[]): void {
    this.entries.forEach((entry, index) => {
      entry.seq = seqs[index] ?? 0;
    });
  }

  /** Once numbered. */
  get changes(): MemberChange[] {
    return this.changed.map(({ entry, name }) => ({ endpoint: entry.endpoint, sender: entry.sender, seq: entry.seq, name }));
  }

  /** Once numbered. */
  get lines(): Line[] {
    return this.entries.map(({ room, seq, endpoint, known, envelope, target }) => ({
      room,
      seq,
      origin: endpoint,
      sender: known,
      envelope,
      targetSeq: typeof target === 'object' ? target.seq : target,
      receivedAt: this.context.now.getTime(),
    }));
  }

  /** What the batch needs to know that is not in memory. */
  private async load(arrivals: readonly Arrival[]): Promise<void> {
    const wanted = new Map<string, SenderOf>();
    for (const { networkId, inbound } of arrivals) {
      const people = inbound.kind === 'event' ? [inbound.from] : inbound.kind === 'roster' ? inbound.members : [];
      for (const sender of people) {
        const known = this.context.senders.find(networkId, sender);
        if (known) this.senders.set(`${networkId} ${sender.key}`, known);
        else wanted.set(`${networkId} ${sender.key}`, { networkId, sender });
      }
    }
    for (const sender of await upsertSenders(this.sql, this.context.tenant, [...wanted.values()])) {
      this.senders.set(`${sender.networkId} ${sender.key}`, sender);
    }
    await this.loadMembers(arrivals);
  }

  private async loadMembers(arrivals: readonly Arrival[]): Promise<void> {
    const pairs: { endpoint: number; sender: number }[] = [];
    const whole: number[] = [];
    for (const { networkId, inbound } of arrivals) {
      if (inbound.kind === 'roster') whole.push(inbound.at.id);
      if (inbound.kind === 'event' && inbound.envelope.payload.kind === 'membership') {
        pairs.push({ endpoint: inbound.at.id, sender: this.senders.get(`${networkId} ${inbound.from.key}`)?.id ?? 0 });
      }
    }
    if (pairs.length === 0 && whole.length === 0) return;
    for (const one of await openMembers(this.sql, this.context.tenant, pairs, whole)) {
      this.members.set(`${one.endpoint} ${one.sender.id}`, one.name);
      this.here.set(one.sender.id, one.sender);
    }
  }

  private async take({ networkId, inbound, at, delivery }: Arrival): Promise<Verdict> {
    switch (inbound.kind) {
      case 'malformed':
        this.malformed.push({ networkId, endpoint: inbound.at?.id, why: inbound.why, octets: inbound.octets });
        return { kind: 'parked' };
      case 'echo':
        return this.echo(inbound, delivery);
      case 'late':
        return this.bounced(inbound, delivery, at);
      case 'roster':
        if (at) this.roster(inbound, at);
        return at ? { kind: 'stored' } : { kind: 'refused', why: reason('gone') };
      case 'event':
        return this.event(inbound, at);
    }
  }

  private echo(inbound: Extract<Inbound, { kind: 'echo' }>, delivery: DeliveryId | undefined): Verdict {
    if (!delivery || delivery.endpoint !== inbound.at.id) return { kind: 'refused', why: reason('unknown-target') };
    const place = { endpoint: delivery.endpoint, seq: delivery.seq, part: inbound.part };
    this.copies.push({ ...place, state: 'sent' });
    this.ids.push(...inbound.ids.map((id) => ({ ...id, ...place, heard: true })));
    return { kind: 'stored' };
  }

  private bounced(
    { why }: Extract<Inbound, { kind: 'late' }>,
    delivery: DeliveryId | undefined,
    at: EndpointRow | undefined,
  ): Verdict {
    if (!at || delivery?.endpoint !== at.id) return { kind: 'refused', why: reason('unknown-target') };
    this.owed.push({ endpoint: at.id, seq: delivery.seq, owed: { kind: 'refused', why, where: shownPlace(at) } });
    return { kind: 'stored' };
  }

  private async event(inbound: Extract<Inbound, { kind: 'event' }>, at: EndpointRow | undefined): Promise<Verdict> {
    const { envelope, from } = inbound;
    const entering = at?.state === 'joining' && envelope.payload.kind === 'membership';
    if (!at || (at.state !== 'active' && !entering)) return { kind: 'refused', why: reason('gone') };
    if (envelope.trace.includes(this.context.install)) return { kind: 'refused', why: reason('loop') };
    const strong = strongNames(at.id, inbound.ids);
    if (strong.some((id) => this.stored.has(id))) return { kind: 'repeat' };
    for (const id of strong) this.stored.add(id);
    const known = this.senders.get(`${at.networkId} ${from.key}`);
    if (!known) throw new Error('a sender was not loaded');
    const octets = written(envelope);
    if (typeof octets === 'string') {
      this.malformed.push({ networkId: at.networkId, endpoint: at.id, why: octets, octets: JSON.stringify(inbound) });
      return { kind: 'parked' };
    }
    if (envelope.payload.kind === 'membership') return this.membership(at, known, envelope, inbound.ids);
    const entry = this.add(at, known, { envelope, octets, ids: inbound.ids });
    await this.resolve(entry, envelope);
    return { kind: 'stored' };
  }

  /** Only what changes who is here becomes a line: a second join is a repeat, a join under a new name is a rename. */
  private membership(at: EndpointRow, known: KnownSender, envelope: Envelope, ids: readonly Id[]): Verdict {
    const payload = envelope.payload as Membership;
    const place = `${at.id} ${known.id}`;
    const before = this.members.get(place);
    const leaves = payload.change === 'leave';
    if (leaves ? before === undefined : before === payload.name) return { kind: 'repeat' };
    const change = leaves ? 'leave' : before === undefined ? 'join' : 'rename';
    const changed = { ...envelope, payload: { ...payload, change } } as const;
    const entry = this.add(at, known, { envelope: changed, octets: toCpim(changed), ids });
    if (leaves) this.members.delete(place);
    else this.members.set(place, payload.name);
    this.changed.push({ entry, name: leaves ? undefined : payload.name });
    return { kind: 'stored' };
  }

  private roster(inbound: Extract<Inbound, { kind: 'roster' }>, at: EndpointRow): void {
    const here = new Set<string>();
    for (const sender of inbound.members) {
      const known = this.senders.get(`${at.networkId} ${sender.key}`);
      if (!known) throw new Error('a sender was not loaded');
      here.add(`${at.id} ${known.id}`);
      this.membership(at, known, this.memberEnvelope(at, known, 'join', sender.name), []);
    }
    for (const [place, name] of [...this.members]) {
      const [endpoint, id] = place.split(' ').map(Number);
      if (endpoint !== at.id || here.has(place) || id === undefined) continue;
      const known = this.here.get(id);
      if (known) this.membership(at, known, this.memberEnvelope(at, known, 'leave', name), []);
    }
  }

  private memberEnvelope(at: EndpointRow, known: KnownSender, change: 'join' | 'leave', name: string): Envelope {
    return {
      id: this.context.newId(),
      from: { uri: known.address?.uri ?? at.address.uri, name },
      to: { uri: at.address.uri },
      time: this.context.now.toISOString(),
      payload: { kind: 'membership', change, name, ...(change === 'leave' ? { cause: 'lost' as const } : {}) },
      trace: [],
      extensions: [],
      degradations: [],
    };
  }

  private add(at: EndpointRow, known: KnownSender, line: { envelope: Envelope; octets: Buffer; ids: readonly Id[] }): Pending {
    const { envelope } = line;
    const claimed = new Date(envelope.time);
    const entry: Pending = {
      room: at.room,
      endpoint: at.id,
      sender: known.id,
      kind: envelope.payload.kind,
      claimedAt: Number.isNaN(claimed.getTime()) ? this.context.now : claimed,
      octets: line.octets,
      ids: line.ids,
      seq: 0,
      target: undefined,
      envelope,
      known,
    };
    this.entries.push(entry);
    return entry;
  }

  /** Finds the line that this one is about, also earlier in the same batch. */
  private async resolve(entry: Pending, envelope: Envelope): Promise<void> {
    const { payload } = envelope;
    const target = 'target' in payload ? payload.target : envelope.reply;
    if (!target) return;
    const same = this.entries.findLast((one) => one !== entry && one.endpoint === entry.endpoint && names(one.ids, target.id));
    // Told in this very batch: an answer never overtakes the ids of what it answers.
    const echoed = this.ids.findLast((one) => one.endpoint === entry.endpoint && names([one], target.id))?.seq;
    const seq = same ? undefined : (echoed ?? (await entryOf(this.sql, this.context.tenant, entry.endpoint, target.id)));
    const author =
      same?.sender ?? (seq === undefined ? undefined : await senderOf(this.sql, this.context.tenant, entry.room, seq));
    // XEP-0308 §4, XEP-0424 §3 and their like: nobody but the author edits or retracts, moderation apart.
    const own = payload.kind === 'edit' || (payload.kind === 'retraction' && payload.by === 'author');
    if (own && author !== entry.sender) return;
    entry.target = same ?? seq;
  }
}

/** The envelope as Message/CPIM, or why it cannot be written (over the caps, broken extensions). */
function written(envelope: Envelope): Buffer | string {
  try {
    return toCpim(envelope);
  } catch (error) {
    return String(error);
  }
}

function names(ids: readonly Id[], wanted: Id): boolean {
  return ids.some((id) => id.kind === wanted.kind && id.value === wanted.value);
}

function strongNames(endpoint: number, ids: readonly Id[]): string[] {
  return ids.filter((id) => id.strong).map((id) => `${endpoint} ${id.kind} ${id.value}`);
}
