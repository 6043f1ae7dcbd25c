import { toCpim } from '../cpim/carry/carry.ts';
import { type Envelope, type Id, type Membership } from '../cpim/envelope.ts';
import { reason } from '../cpim/reasons.ts';
import type { Sql } from '../db.ts';
import { type KnownSender, type SenderOf, upsertSenders } from '../identity/sender.store.ts';
import type { Inbound, Sender, Verdict } from '../networks/network.ts';
import { changeMembers, type MemberChange, openMembers } from '../rooms/member.store.ts';
import type { EndpointRow } from '../rooms/room.store.ts';
import type { Arrival } from './arrival.ts';
import { echoCopies } from './copy.store.ts';
import type { DeliveryId } from './key.ts';
import {
  entryOf,
  fence,
  insertEntries,
  insertIds,
  knownIds,
  type Malformed,
  type NewEntry,
  type NewId,
  park,
  senderOf,
  takeSeqs,
} from './timeline.store.ts';

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

export interface Appended {
  readonly verdicts: Verdict[];
  readonly lines: Line[];
  readonly senders: KnownSender[];
}

export interface AppendContext {
  readonly tenant: number;
  readonly install: string;
  readonly holder: string;
  readonly now: Date;
  newId(): string;
  knownSender(networkId: number, sender: Sender): KnownSender | undefined;
}

/** Another process has taken our networks over: this one must not write any more. */
export class NotOwner extends Error {}

/** One batch in one transaction: everything of it is stored, or nothing. Order is kept. */
export class Append {
  private readonly sql: Sql;
  private readonly context: AppendContext;
  private readonly verdicts: Verdict[] = [];
  private readonly entries: (NewEntry & { envelope: Envelope; known: KnownSender })[] = [];
  private readonly malformed: Malformed[] = [];
  private readonly echoes: NewId[] = [];
  private readonly copies: { endpoint: number; seq: number; part: number }[] = [];
  private readonly changes: { entry: NewEntry; name: string | undefined }[] = [];
  private senders = new Map<string, KnownSender>();
  private members = new Map<string, string>();
  private readonly here = new Map<number, KnownSender>();
  private stored = new Set<string>();

  constructor(sql: Sql, context: AppendContext) {
    this.sql = sql;
    this.context = context;
  }

  async run(arrivals: readonly Arrival[]): Promise<Appended> {
    const { tenant, holder } = this.context;
    const networks = [...new Set(arrivals.map((one) => one.networkId))];
    if (!(await fence(this.sql, tenant, networks, holder)))
      throw new NotOwner('the lease of this network is held by another process');
    await this.load(arrivals);
    for (const arrival of arrivals) this.verdicts.push(await this.take(arrival));
    await this.write();
    return {
      verdicts: this.verdicts,
      senders: [...this.senders.values()],
      lines: this.entries.map((one) => ({
        room: one.room,
        seq: one.seq,
        origin: one.endpoint,
        sender: one.known,
        envelope: one.envelope,
        targetSeq: one.targetSeq,
        receivedAt: one.receivedAt.getTime(),
      })),
    };
  }

  /** What the batch needs to know, in three statements for all of it. */
  private async load(arrivals: readonly Arrival[]): Promise<void> {
    const wanted = new Map<string, SenderOf>();
    for (const { networkId, inbound } of arrivals) {
      const people = inbound.kind === 'event' ? [inbound.from] : inbound.kind === 'roster' ? inbound.members : [];
      for (const sender of people) {
        const known = this.context.knownSender(networkId, sender);
        if (known) this.senders.set(`${networkId} ${sender.key}`, known);
        else wanted.set(`${networkId} ${sender.key}`, { networkId, sender });
      }
    }
    for (const sender of await upsertSenders(this.sql, this.context.tenant, [...wanted.values()])) {
      this.senders.set(`${sender.networkId} ${sender.key}`, sender);
    }
    const events = arrivals.flatMap(({ inbound }) => (inbound.kind === 'event' ? [inbound] : []));
    const strong = events.flatMap((one) => one.ids.filter((id) => id.strong).map((id) => ({ ...id, endpoint: one.at.id })));
    this.stored = await knownIds(this.sql, this.context.tenant, strong);
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
    this.copies.push(place);
    this.echoes.push(...inbound.ids.map((id) => ({ ...id, ...place, sender: undefined, heard: true })));
    return { kind: 'stored' };
  }

  private async event(inbound: Extract<Inbound, { kind: 'event' }>, at: EndpointRow | undefined): Promise<Verdict> {
    const { envelope, from } = inbound;
    const entering = at?.state === 'joining' && envelope.payload.kind === 'membership';
    if (!at || (at.state !== 'active' && !entering)) return { kind: 'refused', why: reason('gone') };
    if (envelope.trace.includes(this.context.install)) return { kind: 'refused', why: reason('loop') };
    const strong = inbound.ids.filter((id) => id.strong).map((id) => `${at.id} ${id.kind} ${id.value}`);
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
    this.changes.push({ entry, name: leaves ? undefined : payload.name });
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

  private add(at: EndpointRow, known: KnownSender, line: { envelope: Envelope; octets: Buffer; ids: readonly Id[] }): NewEntry {
    const { envelope } = line;
    const claimed = new Date(envelope.time);
    const entry = {
      room: at.room,
      endpoint: at.id,
      sender: known.id,
      kind: envelope.payload.kind,
      claimedAt: Number.isNaN(claimed.getTime()) ? this.context.now : claimed,
      receivedAt: this.context.now,
      octets: line.octets,
      ids: line.ids,
      seq: 0,
      targetSeq: undefined,
      envelope,
      known,
    };
    this.entries.push(entry);
    return entry;
  }

  /** Finds the line that this one is about, also earlier in the same batch. */
  private async resolve(entry: NewEntry, envelope: Envelope): Promise<void> {
    const { payload } = envelope;
    const target = 'target' in payload ? payload.target : envelope.reply;
    if (!target) return;
    const same = this.entries.findLast((one) => one !== entry && one.endpoint === entry.endpoint && names(one.ids, target.id));
    const seq = same ? undefined : await entryOf(this.sql, this.context.tenant, entry.endpoint, target.id);
    const author =
      same?.sender ?? (seq === undefined ? undefined : await senderOf(this.sql, this.context.tenant, entry.room, seq));
    // XEP-0308 §4, XEP-0424 §3 and their like: nobody but the author edits or retracts, moderation apart.
    const own = payload.kind === 'edit' || (payload.kind === 'retraction' && payload.by === 'author');
    if (own && author !== entry.sender) return;
    if (same) this.later.push({ entry, same });
    else entry.targetSeq = seq;
  }
  private readonly later: { entry: NewEntry; same: NewEntry }[] = [];

  private async write(): Promise<void> {
    const { tenant } = this.context;
    if (this.entries.length > 0) {
      const counts = new Map<number, number>();
      for (const entry of this.entries) counts.set(entry.room, (counts.get(entry.room) ?? 0) + 1);
      const next = await takeSeqs(this.sql, tenant, counts);
      for (const entry of this.entries) {
        entry.seq = next.get(entry.room) ?? 0;
        next.set(entry.room, entry.seq + 1);
      }
      for (const { entry, same } of this.later) entry.targetSeq = same.seq;
      await insertEntries(this.sql, tenant, this.entries);
    }
    await echoCopies(this.sql, tenant, this.copies);
    const own = this.entries.flatMap((one) =>
      one.ids.map((id) => ({ ...id, endpoint: one.endpoint, seq: one.seq, part: 0, sender: one.sender, heard: true })),
    );
    await insertIds(this.sql, tenant, [...this.echoes, ...own]);
    const changes = this.changes.map(
      ({ entry, name }): MemberChange => ({ endpoint: entry.endpoint, sender: entry.sender, seq: entry.seq, name }),
    );
    await changeMembers(this.sql, tenant, changes);
    await park(this.sql, tenant, this.malformed);
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
