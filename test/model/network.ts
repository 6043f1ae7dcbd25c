import { type Capabilities } from '../../src/cpim/capabilities.ts';
import { type Envelope, features, type Id } from '../../src/cpim/envelope.ts';
import { reason } from '../../src/cpim/reasons.ts';
import type {
  Attached,
  Delivery,
  Endpoint,
  Host,
  Network,
  Outcome,
  Person,
  Ref,
  Sent,
  Status,
} from '../../src/networks/network.ts';
import { Intake, type Wire } from './intake.ts';
import type { Judge } from './judge.ts';
import type { Connection, Place, Server } from './place.ts';
import type { Owner, Scheduler } from './scheduler.ts';

/** What a line must contain to be in two parts, or to be refused by the place. */
export const LONG = 'long';
export const POISON = 'poison';

const full = Object.fromEntries(features.map((feature) => [feature, 'full'])) as Capabilities['features'];
export const nativeId = (value: string): Id => ({ kind: 'event', value, strong: true });
const away = reason('unreachable', 'the wire is down');
const unsure: Outcome = { kind: 'retry', why: reason('overload', 'the lease is in doubt'), scope: 'network', done: [] };
const lost: Outcome = { kind: 'retry', why: away, scope: 'network', done: [] };

export interface Around {
  readonly scheduler: Scheduler;
  readonly judge: Judge;
  readonly owner: Owner;
}

/** A connector that obeys the contract, on a server that does what servers do. One for each process. */
export class ModelNetwork implements Network, Connection, Wire {
  private readonly server: Server;
  private readonly host: Host;
  private readonly intake: Intake;
  private readonly around: Around;
  private readonly open = new Set<Delivery>();
  /** Of these: not with the server yet. */
  /** By the connection that they were begun on. */
  private readonly sending = new Map<Delivery, number>();
  private readonly reflections = new Map<string, () => void>();
  private readonly queues = new Map<number, (() => void)[]>();
  private connections = 0;
  private isConnected = false;
  private isStopped = false;
  private cuts: (() => void)[] = [];

  constructor(server: Server, host: Host, around: Around) {
    this.server = server;
    this.host = host;
    this.around = around;
    this.intake = new Intake(server, host, around, this);
  }

  get isIdle(): boolean {
    return this.intake.isIdle;
  }

  /** Wire. */
  get isOpen(): boolean {
    return this.isConnected;
  }

  /** Wire. */
  heard(key: string, part: number): void {
    this.reflections.get(`${key} ${part}`)?.();
  }

  async start(): Promise<void> {
    void this.connect();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.intake.isStopped = true;
    if (this.server.connection === this) this.server.connection = undefined;
    this.end();
  }

  /** What was under way when the process died: it may still arrive. */
  die(): void {
    if (this.server.connection === this) this.server.connection = undefined;
    for (const job of this.open) this.around.judge.stumbled(job);
    for (const [job, connection] of this.sending) {
      if (this.isConnected && connection === this.connections && this.around.scheduler.happens(40)) this.say(job, 0);
    }
  }

  /** Connection. */
  news(): void {
    this.intake.news();
  }

  /** Connection: cut off, by an outage or by a second owner. */
  cut(): void {
    this.isConnected = false;
    const { scheduler, owner } = this.around;
    if (owner.isAlive) void scheduler.step(`${this.server.name} is cut off`, owner).then(() => this.end());
  }

  async attach(at: Endpoint, from: string | undefined): Promise<Attached> {
    await this.around.scheduler.step(`attach ${at.address.native}`);
    const place = this.server.place(at.address.native);
    const marker = from ?? `start ${place.lines.length}`;
    this.intake.enter(at, place, this.after(place, marker));
    return { kind: 'attached', warnings: [], marker };
  }

  async detach(at: Endpoint): Promise<void> {
    this.intake.readers.delete(at.id);
  }

  capabilities(): Capabilities {
    return { features: full, window: this.server.traits.window, proof: 'accepted', archive: true };
  }

  ghostFor(person: Person): { uri: string; native: string } {
    return { native: `ghost-${person.key}`, uri: `im:ghost-${person.key}@${this.server.name}` };
  }

  async deliver(job: Delivery): Promise<Outcome> {
    const { judge, scheduler } = this.around;
    if (this.isConnected) judge.delivering(job, this.server.place(job.at.address.native));
    const { connections } = this;
    this.sending.set(job, connections);
    this.open.add(job);
    await this.inOrder(job);
    this.sending.delete(job);
    // What was begun on one connection does not go out on another.
    const outcome = connections === this.connections ? await this.tried(job) : lost;
    this.open.delete(job);
    if (outcome.kind !== 'sent') judge.stumbled(job);
    scheduler.note(`${job.key} ${outcome.kind}${'scope' in outcome ? ` ${outcome.scope}` : ''}`);
    return outcome;
  }

  async recover(at: Endpoint, doubtful: readonly Delivery[]): Promise<Outcome[]> {
    const { scheduler } = this.around;
    await scheduler.step(`recover ${doubtful.length} at ${at.address.native}`);
    while (!this.isConnected && !this.isStopped) await new Promise((resolve) => setTimeout(resolve, 500));
    const { lines } = this.server.place(at.address.native);
    return doubtful.map((job): Outcome => {
      const parts = lines.flatMap(({ id, ours }): Sent[] =>
        ours?.key === job.key ? [{ part: ours.part, ids: [nativeId(id)] }] : [],
      );
      if (parts.length >= partsOf(job.envelope)) return { kind: 'sent', parts, proof: 'accepted' };
      return { kind: 'retry', why: reason('timeout'), scope: 'entry', done: parts };
    });
  }

  async reread(): Promise<boolean> {
    return false;
  }

  async tell(to: Ref, status: Status): Promise<void> {
    await this.around.scheduler.step(`tell ${status.kind}`);
    if (!this.isConnected) throw new Error('the wire is down');
    if (status.kind === 'refused') this.server.place(to.at.address.native).told.push(...to.ids.map(({ value }) => value));
  }

  /** Until it is connected, or stopped. */
  private async connect(): Promise<void> {
    const { scheduler } = this.around;
    while (!this.isStopped) {
      await scheduler.step(`${this.server.name} connects`);
      if (this.server.isUp) break;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    if (this.isStopped) return;
    this.server.connect(this);
    this.connections += 1;
    this.isConnected = true;
    for (const reader of this.intake.readers.values()) {
      const marker = await this.host.marker(reader.at).catch(() => undefined);
      if (!this.isConnected) return;
      // No answer: everything is read again from the place where it was, which is never too late.
      if (marker !== undefined) reader.next = Math.min(reader.next, this.after(reader.place, marker));
    }
    this.host.state('up');
    this.news();
  }

  private end(): void {
    this.isConnected = false;
    const cuts = this.cuts;
    this.cuts = [];
    for (const cut of cuts) cut();
    if (this.isStopped) return;
    this.host.state('down', away);
    void this.connect();
  }

  /** The first line behind a marker. */
  protected after(place: Place, marker: string): number {
    if (marker.startsWith('start ')) return Number(marker.slice(6));
    return place.lines.findIndex(({ id }) => id === marker) + 1;
  }

  /** A wire is first in, first out: the oldest that waits at a place goes first, whoever was chosen. */
  private async inOrder(job: Delivery): Promise<void> {
    const queue = this.queues.get(job.at.id) ?? [];
    this.queues.set(job.at.id, queue);
    const gone = new Promise<void>((resolve) => queue.push(resolve));
    void this.around.scheduler.step(`send a line to ${job.at.address.native}`).then(() => queue.shift()?.());
    await gone;
  }

  private async tried(job: Delivery): Promise<Outcome> {
    const { server } = this;
    const { scheduler } = this.around;
    if (!this.isConnected) return lost;
    if (!this.host.isOwner()) return unsure;
    const { trouble } = server;
    if (job.as && server.place(job.at.address.native).banned.has(job.as.address.native))
      return { kind: 'refused', why: reason('banned'), scope: 'ghost' };
    if (isPoison(job.envelope)) return { kind: 'refused', why: reason('unacceptable'), scope: 'entry' };
    if (scheduler.happens(trouble.retry)) return this.later();
    if (scheduler.happens(trouble.lost)) return this.nobodyKnows();
    const parts = this.say(job, scheduler.happens(trouble.again) ? 1 : 0);
    if (parts.length < partsOf(job.envelope))
      return { kind: 'retry', why: reason('overload'), scope: 'endpoint', afterMs: 300, done: parts.slice(job.done.length) };
    if (scheduler.happens(trouble.unanswered)) return this.nobodyKnows();
    if (scheduler.happens(trouble.silent)) return this.untilCut();
    if (server.traits.wire === 'stream' && !(await this.reflected(job))) return { kind: 'unknown', why: reason('timeout') };
    await scheduler.step(`answer ${job.key}`);
    if (!this.isConnected) return { kind: 'unknown', why: away };
    if (job.as) await this.host.seats.keep(job.at, { ghost: job.as, nick: job.as.name });
    return { kind: 'sent', parts, proof: 'accepted' };
  }

  /** What the place takes of it, `but` so many parts; what was out already included. */
  private say(job: Delivery, but: number): Sent[] {
    const place = this.server.place(job.at.address.native);
    const sent = [...job.done];
    const count = partsOf(job.envelope) - (partsOf(job.envelope) > 1 ? but : 0);
    for (let part = 0; part < count; part += 1) {
      if (sent.some((one) => one.part === part)) continue;
      sent.push({ part, ids: [nativeId(this.server.hear(place, job.key, part, job.as?.name ?? 'Rialto'))] });
    }
    return sent;
  }

  private later(): Outcome {
    const scope = this.around.scheduler.chance.oneOf(['entry', 'ghost', 'endpoint', 'network'] as const);
    return { kind: 'retry', why: reason('overload'), scope, afterMs: 300, done: [] };
  }

  private async nobodyKnows(): Promise<Outcome> {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 5000)), this.untilCut()]);
    return { kind: 'unknown', why: reason('timeout') };
  }

  private untilCut(): Promise<Outcome> {
    return new Promise((resolve) => this.cuts.push(() => resolve({ kind: 'unknown', why: away })));
  }

  /** On a stream: our own line came back, and is stored. */
  private async reflected(job: Delivery): Promise<boolean> {
    const last = `${job.key} ${partsOf(job.envelope) - 1}`;
    let isBack = false;
    const back = new Promise<void>((resolve) => {
      this.reflections.set(last, () => {
        isBack = true;
        resolve();
      });
    });
    await Promise.race([back, new Promise((resolve) => setTimeout(resolve, 20_000)), this.untilCut()]);
    this.reflections.delete(last);
    return isBack;
  }
}

function words(envelope: Envelope): string {
  const { payload } = envelope;
  return payload.kind === 'text' ? payload.text : '';
}

function partsOf(envelope: Envelope): number {
  return words(envelope).includes(LONG) ? 2 : 1;
}

function isPoison(envelope: Envelope): boolean {
  return words(envelope).includes(POISON);
}
