import { degrade } from '../../cpim/degrade/degrade.ts';
import type { Envelope } from '../../cpim/envelope.ts';
import { type Reason, reason } from '../../cpim/reasons.ts';
import type { Database } from '../../db.ts';
import type { Ghosts } from '../../identity/ghosts.ts';
import type { Seats } from '../../identity/seats.ts';
import type { Delivery, Ghost, Log, Outcome, Status } from '../../networks/network.ts';
import type { Metrics } from '../../ops/metrics.ts';
import type { Networks } from '../../rooms/networks.ts';
import { type EndpointRow, shownPlace } from '../../rooms/room.store.ts';
import { copyState, idsOf, type Settlement } from '../copy.store.ts';
import { countEnded } from '../counting.ts';
import type { Keys } from '../key.ts';
import type { Line } from '../writing/append.ts';
import type { Passage } from './passage.ts';
import { quoted } from './quote.ts';
import { DELAY_NOTICE_MS, isSpent, pause, RELAY_MS } from './retry.ts';
import { endOf, lossesOf, settlementOf } from './settlement.ts';

export interface CourierParts {
  readonly db: Database;
  readonly networks: Networks;
  readonly ghosts: Ghosts;
  readonly seats: Seats;
  readonly keys: Keys;
  readonly install: string;
  readonly log: Log;
  readonly metrics: Metrics;
  /** How old a line may get before it is refused, in ms. */
  readonly expiryMs: number;
  /** False: another process may serve these networks by now, and nothing may be sent. */
  isOwner(): boolean;
  /** Tells the sender of a line, in his own protocol. Best effort. */
  tell(line: Line, status: Status): void;
}

type Prepared = { readonly kind: 'job'; readonly job: Delivery } | { readonly kind: 'end'; readonly settlement: Settlement };

interface Effort {
  readonly started: number;
  tries: number;
  done: Delivery['done'];
  told: boolean;
}

type Step = { readonly kind: 'ended'; readonly settlement: Settlement } | { readonly kind: 'again'; readonly ms: number };

/** Carries one line to one endpoint: who says it there, in what form, and what becomes of it. */
export class Courier {
  private readonly parts: CourierParts;
  /** Ghosts that have spoken at an endpoint since the network came up: their seats are known to be good. */
  private readonly spoken = new Map<string, Set<string>>();
  /** By key: what a process before this one has sent of a line. */
  private readonly partly = new Map<string, Delivery['done']>();

  constructor(parts: CourierParts) {
    this.parts = parts;
    parts.networks.watch((name, state) => {
      if (state !== 'up') this.spoken.delete(name);
    });
  }

  get log(): Log {
    return this.parts.log;
  }

  isUp(at: EndpointRow): boolean {
    return this.parts.networks.isUp(at.network);
  }

  up(at: EndpointRow): Promise<void> {
    return this.parts.networks.up(at.network);
  }

  window(at: EndpointRow): number {
    return this.parts.networks.get(at.network).network.capabilities(at).window;
  }

  /** The ghost has given its seat up: before it speaks again it has to enter. */
  gaveUp(at: EndpointRow, sender: number): void {
    this.spoken.get(at.network)?.delete(`${at.id} ${sender}`);
  }

  goesAlone(at: EndpointRow, line: Line): boolean {
    return line.envelope.payload.kind === 'membership' || !this.spoken.get(at.network)?.has(`${at.id} ${line.sender.id}`);
  }

  /** Until it has ended: sent, dropped, refused or unconfirmed. Undefined: the lane has stopped, and nobody knows. */
  async carry(at: EndpointRow, line: Line, passage: Passage): Promise<Settlement | undefined> {
    const effort: Effort = { started: Date.now(), tries: 0, done: this.found(at, line), told: false };
    while (!passage.isStopped()) {
      effort.tries += 1;
      const step = await this.step(at, line, passage, effort).catch((error: unknown): Step => {
        this.log.error('a delivery could not be prepared, trying again', { endpoint: at.id, reason: String(error) });
        return { kind: 'again', ms: pause(effort.tries) };
      });
      if (step.kind === 'ended') {
        countEnded(this.parts, at, line, step.settlement.state);
        return step.settlement;
      }
      if (step.ms === 0) continue;
      await passage.turn();
      await this.rest(at, step.ms, passage, this.deadline(line));
    }
    return undefined;
  }

  private async step(at: EndpointRow, line: Line, passage: Passage, effort: Effort): Promise<Step> {
    const ended = (settlement: Settlement): Step => ({ kind: 'ended', settlement });
    // Once a part of it is out, its retraction has something to retract.
    const isGone = (): boolean => passage.isRetracted() && effort.done.length === 0;
    const dropped = (): Step => ended(endOf(at, line, 'dropped', reason('expired', 'retracted before it was sent')));
    if (isGone()) return dropped();
    const prepared = await this.prepared(at, line, effort.done);
    if (prepared.kind === 'end') return ended(prepared.settlement);
    const { job } = prepared;
    await passage.before;
    if (passage.isStopped()) return { kind: 'again', ms: 0 };
    if (isGone()) return dropped();
    const outcome = await this.attempt(at, job, passage);
    switch (outcome.kind) {
      case 'sent':
        return ended(this.sent(at, line, job, outcome));
      case 'unknown':
        this.log.warn('what became of a line is not known', { endpoint: at.id, seq: line.seq, why: outcome.why.code });
        return ended(endOf(at, line, 'unconfirmed', outcome.why));
      case 'refused':
        if (outcome.scope === 'entry' || !job.as) return ended(this.refused(at, line, outcome.why));
        await this.relay(at, line, job.as, outcome.why);
        return { kind: 'again', ms: 0 };
      case 'retry':
        effort.done = [...effort.done, ...outcome.done];
        if (Date.now() > job.deadline) return ended(this.refused(at, line, reason('expired', outcome.why.text)));
        if (isSpent(outcome.scope, effort.tries)) return ended(this.refused(at, line, outcome.why));
        if (!effort.told && Date.now() - effort.started > DELAY_NOTICE_MS) {
          effort.told = true;
          this.parts.tell(line, { kind: 'delayed', why: outcome.why, where: shownPlace(at) });
        }
        return { kind: 'again', ms: pause(effort.tries, outcome.afterMs) };
    }
  }

  /** Of lines that may have been sent before a crash: the settlements of those that are there. */
  async recover(at: EndpointRow, lines: readonly Line[]): Promise<Settlement[]> {
    const { network } = this.parts.networks.get(at.network);
    await this.up(at);
    const jobs: Delivery[] = [];
    for (const line of lines) {
      const envelope = line.envelope;
      jobs.push({ key: this.key(at, line), at, envelope, targets: [], done: [], deadline: this.deadline(line) });
    }
    const outcomes = await network.recover(at, jobs);
    return outcomes.flatMap((outcome, index) => {
      const line = lines[index];
      if (line && outcome.kind === 'retry' && outcome.done.length > 0) this.partly.set(this.key(at, line), outcome.done);
      if (!line || outcome.kind !== 'sent') return [];
      countEnded(this.parts, at, line, 'sent');
      return [{ ...settlementOf(at, line, 'sent'), parts: outcome.parts }];
    });
  }

  /** Parts that were found to be there before the first try. */
  private found(at: EndpointRow, line: Line): Delivery['done'] {
    if (this.partly.size === 0) return [];
    const key = this.key(at, line);
    const found = this.partly.get(key) ?? [];
    this.partly.delete(key);
    return found;
  }

  private async attempt(at: EndpointRow, job: Delivery, passage: Passage): Promise<Outcome> {
    const { network } = this.parts.networks.get(at.network);
    const { attempts, deliverySeconds, retries } = this.parts.metrics;
    if (!this.parts.isOwner())
      return { kind: 'retry', why: reason('overload', 'the lease is in doubt'), scope: 'network', done: [] };
    const began = performance.now();
    const delivering = network.deliver(job).catch((error: unknown): Outcome => {
      // Contract: deliver never throws for what the wire says; so this is a fault of ours, and the line may be out.
      this.log.error('a delivery failed inside the connector', { endpoint: at.id, reason: String(error) });
      return { kind: 'unknown', why: reason('internal', String(error)) };
    });
    passage.launched();
    const outcome = await delivering;
    deliverySeconds.observe({ network: at.network }, (performance.now() - began) / 1000);
    attempts.inc({ network: at.network, outcome: outcome.kind });
    if (outcome.kind === 'retry') retries.inc({ network: at.network, scope: outcome.scope });
    if (outcome.kind !== 'unknown') return outcome;
    await passage.turn();
    return this.asked(at, job, passage, outcome);
  }

  /** What became of a line that may be out. Nothing is sent again as long as nobody can say. */
  private async asked(at: EndpointRow, job: Delivery, passage: Passage, outcome: Outcome): Promise<Outcome> {
    const { network } = this.parts.networks.get(at.network);
    for (let tries = 1; ; tries += 1) {
      try {
        await this.up(at);
        const [found] = await network.recover(at, [job]);
        return found ?? outcome;
      } catch (error) {
        this.log.error('a network cannot say what became of a line', { endpoint: at.id, reason: String(error) });
        if (isSpent('entry', tries) || passage.isStopped()) return outcome;
        await this.rest(at, pause(tries), passage);
      }
    }
  }

  /** At least `ms`, and until the network is up or the time has come. */
  private async rest(at: EndpointRow, ms: number, passage: Passage, deadline = Number.POSITIVE_INFINITY): Promise<void> {
    const until = Date.now() + ms;
    while (Date.now() < until && !passage.isStopped()) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(200, until - Date.now())));
    }
    while (!this.isUp(at) && !passage.isStopped() && Date.now() <= deadline) {
      await Promise.race([this.up(at), new Promise((resolve) => setTimeout(resolve, 200))]);
    }
  }

  private async prepared(at: EndpointRow, line: Line, done: Delivery['done']): Promise<Prepared> {
    const home = this.parts.networks.get(at.network);
    const ghost = await this.parts.ghosts.of(home, line.sender, line.envelope.from.name ?? line.sender.name);
    if (!(await this.concerns(at, line, ghost))) return { kind: 'end', settlement: settlementOf(at, line, 'dropped') };
    const relayed = this.parts.seats.isRelayed(at, ghost);
    const ids = line.targetSeq === undefined ? [] : await idsOf(this.parts.db, at.tenant, at.id, line.targetSeq);
    const degraded = degrade(line.envelope, home.network.capabilities(at), {
      targetKnown: ids.length > 0,
      ...(relayed ? { speaker: ghost.name } : {}),
      ...(await quoted(this.parts.db, at, line)),
    });
    if (degraded.kind === 'reject') return { kind: 'end', settlement: this.refused(at, line, degraded.why) };
    if (degraded.kind === 'drop') {
      return { kind: 'end', settlement: { ...settlementOf(at, line, 'dropped'), degraded: lossesOf(degraded.envelope) } };
    }
    const envelope: Envelope = { ...degraded.envelope, trace: [...degraded.envelope.trace, this.parts.install] };
    const job: Delivery = {
      key: this.key(at, line),
      at,
      envelope,
      targets: ids.length > 0 ? [{ at, ids }] : [],
      done,
      deadline: this.deadline(line),
      ...(relayed ? {} : { as: ghost }),
    };
    return { kind: 'job', job };
  }

  /** Who only comes, goes or changes his name concerns a room where he has a seat, or where all are seated at once. */
  private async concerns(at: EndpointRow, line: Line, ghost: Ghost): Promise<boolean> {
    const { payload } = line.envelope;
    if (payload.kind === 'retraction' && line.targetSeq !== undefined) {
      // What never was there needs no taking back, nor a word that would tell of it.
      const state = await copyState(this.parts.db, at.tenant, at.id, line.targetSeq);
      return state === 'origin' || state === 'sent' || state === 'unconfirmed';
    }
    if (payload.kind !== 'membership') return true;
    return (payload.change === 'join' && at.settings.seats === 'all') || this.parts.seats.has(at, ghost);
  }

  private async relay(at: EndpointRow, line: Line, ghost: Ghost, why: Reason): Promise<void> {
    const isNew = await this.parts.seats.relay(at, ghost, { why: why.text ?? why.code, ms: RELAY_MS });
    this.gaveUp(at, line.sender.id);
    this.parts.metrics.relays.inc({ network: at.network });
    this.log.warn('a ghost cannot enter, the listener speaks for it', { endpoint: at.id, why: why.code });
    if (isNew) this.parts.tell(line, { kind: 'relayed', why, where: shownPlace(at) });
  }

  private sent(at: EndpointRow, line: Line, job: Delivery, outcome: Outcome & { kind: 'sent' }): Settlement {
    if (job.as) this.parts.seats.used(at, job.as);
    const spoken = this.spoken.get(at.network) ?? new Set();
    this.spoken.set(at.network, spoken.add(`${at.id} ${line.sender.id}`));
    return { ...settlementOf(at, line, 'sent'), parts: outcome.parts, degraded: lossesOf(job.envelope) };
  }

  private refused(at: EndpointRow, line: Line, why: Reason): Settlement {
    const silent = line.envelope.payload.kind === 'membership';
    this.log.warn('a line was refused', { endpoint: at.id, seq: line.seq, why: why.code, text: why.text });
    const owed: Status | undefined = silent ? undefined : { kind: 'refused', why, where: shownPlace(at) };
    return { ...settlementOf(at, line, 'refused'), why: why.text ?? why.code, owed };
  }

  private key(at: EndpointRow, line: Line): string {
    return this.parts.keys.make({ endpoint: at.id, seq: line.seq });
  }

  /** Until the line is too old to be sent. */
  msLeft(line: Line): number {
    return this.deadline(line) - Date.now();
  }

  /** What becomes of a line whose network is down for longer than it may wait. */
  expired(at: EndpointRow, line: Line): Settlement {
    const why = reason('expired', `${at.network} cannot be reached`);
    countEnded(this.parts, at, line, 'refused');
    return this.refused(at, line, why);
  }

  private deadline(line: Line): number {
    return line.receivedAt + this.parts.expiryMs;
  }
}
