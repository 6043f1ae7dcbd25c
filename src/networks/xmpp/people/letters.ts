import xml from '@xmpp/xml';
import { reason } from '../../../cpim/reasons.ts';
import type { Delivery, Host, Outcome, Pair, Ref, Sent, Status } from '../../network.ts';
import { answerOf, errorElement, errorOf, reasonOf } from '../errors.ts';
import { hopsOf } from '../hop.ts';
import { bodiesOf } from '../muc/outbox.ts';
import { ns } from '../ns.ts';
import type { El, Wire } from '../wire/wire.ts';
import { messageTo } from './whisper.ts';

export interface LettersIn {
  readonly host: Pick<Host, 'accept' | 'isKey' | 'isOwner' | 'install' | 'log'>;
  readonly wire: Pick<Wire, 'send' | 'barrier'>;
  /** See `Chats`. */
  deviceOf(peer: string): string | undefined;
}

interface Open {
  readonly job: Delivery;
  readonly pair: Pair;
  readonly resolve: (outcome: Outcome) => void;
}

const nothing: Outcome = { kind: 'sent', parts: [], proof: 'written' };
const unsure: Outcome = { kind: 'retry', why: reason('overload', 'the lease is in doubt'), scope: 'network', done: [] };
const down: Outcome = { kind: 'retry', why: reason('unreachable', 'the link is down'), scope: 'network', done: [] };
const unseen: Outcome = { kind: 'unknown', why: reason('unreachable', 'the link was lost before the server had taken it') };
/** A delivery may come back for so long, and for so many behind it. */
const bouncesKept = 5000;

/**
 * What ghosts say to one person. XEP-0114 has no acknowledgement: a line counts as written when a question to our own domain, sent
 * behind it, has come back. What comes back later as an error is told to its sender then.
 */
export class Letters {
  private readonly open = new Map<string, Open>();
  private waiting: string[] = [];
  private isAsking = false;
  /** Written, by key: whom a late error is about. */
  private readonly written = new Map<string, Delivery['at']>();

  constructor(private readonly part: LettersIn) {}

  async deliver(job: Delivery, pair: Pair): Promise<Outcome> {
    const { payload } = job.envelope;
    if (payload.kind === 'membership') return nothing;
    if (job.done.length > 0) return { kind: 'sent', parts: job.done, proof: 'written' };
    if (job.deadline <= Date.now()) return { kind: 'refused', why: reason('expired'), scope: 'entry' };
    const body = bodiesOf(payload);
    if (body === undefined) return { kind: 'refused', why: reason('unsupported', payload.kind), scope: 'entry' };
    const el = xml(
      'message',
      { type: 'chat', from: pair.ghost, to: pair.peer, id: job.key, 'xml:lang': body.lang },
      xml('body', {}, body.text),
      ...(body.translations ?? []).map(({ lang, text }) => xml('body', { 'xml:lang': lang }, text)),
      ...(body.isUnstyled ? [xml('unstyled', { xmlns: ns.styling })] : []),
      xml('origin-id', { xmlns: ns.sid, id: job.key }),
      ...hopsOf(job.envelope.trace, this.part.host.install),
    );
    if (!this.part.host.isOwner()) return unsure;
    const sent = this.part.wire.send(el);
    if (sent !== 'sent') return 'down' in sent ? down : { kind: 'refused', why: sent.refused, scope: 'entry' };
    return new Promise((resolve) => {
      this.open.set(job.key, { job, pair, resolve });
      this.waiting.push(job.key);
      if (!this.isAsking) void this.ask();
    });
  }

  /** An error that came back for a line of ours. True if it was one. */
  bounced(el: El): boolean {
    const key = el.attrs.id ?? '';
    const error = errorOf(el);
    const open = this.open.get(key);
    if (open) {
      const why = reasonOf(error, { to: 'bare' });
      // RFC 6121 §8.5.1, §8.5.2: who is not there, or does not exist, is `cancel`: nothing that a later try would change.
      const again: Outcome = { kind: 'retry', why, scope: 'endpoint', done: [], afterMs: 5000 };
      this.end(key, error.type === 'wait' ? again : { kind: 'refused', why, scope: 'entry' });
      return true;
    }
    const at = this.written.get(key);
    if (!at) return this.part.host.isKey(key);
    this.written.delete(key);
    this.late(at, key, error);
    return true;
  }

  /** Nothing is open. */
  get idle(): boolean {
    return this.open.size === 0;
  }

  /** Nobody will answer any more. */
  down(): void {
    this.waiting = [];
    for (const key of [...this.open.keys()]) this.end(key, unseen);
  }

  /** In an error stanza to the client that said it, else in words. */
  tell(to: Ref, status: Status, { peer, ghost }: Pair): El {
    const id = to.ids.find((one) => one.kind === 'message-id')?.value;
    const device = this.part.deviceOf(peer);
    if (status.kind === 'refused' && id !== undefined && device !== undefined) {
      return xml('message', { type: 'error', from: ghost, to: device, id }, errorElement(answerOf(status.why)));
    }
    return messageTo(ghost, peer, status);
  }

  /** One question for all that was written before it. */
  private async ask(): Promise<void> {
    this.isAsking = true;
    while (this.waiting.length > 0) {
      const keys = this.waiting.splice(0);
      const isThrough = await this.part.wire.barrier().then(
        () => true,
        () => false,
      );
      for (const key of keys) this.end(key, isThrough ? sentAs(key) : unseen);
    }
    this.isAsking = false;
  }

  private end(key: string, outcome: Outcome): void {
    const open = this.open.get(key);
    if (!open) return;
    this.open.delete(key);
    if (outcome.kind === 'sent') this.remember(key, open.job.at);
    open.resolve(outcome);
  }

  private remember(key: string, at: Delivery['at']): void {
    this.written.set(key, at);
    const oldest = this.written.size > bouncesKept ? this.written.keys().next().value : undefined;
    if (oldest !== undefined) this.written.delete(oldest);
  }

  private late(at: Delivery['at'], key: string, error: ReturnType<typeof errorOf>): void {
    const why = reasonOf(error, { to: 'bare' });
    this.part.host.accept([{ kind: 'late', at, key, why }]).catch((failure: unknown) => {
      this.part.host.log.error('a late error could not be told', { endpoint: at.id, reason: String(failure) });
    });
  }
}

function sentAs(key: string): Outcome {
  const parts: Sent[] = [{ part: 0, ids: [{ kind: 'message-id', value: key, strong: false }] }];
  return { kind: 'sent', parts, proof: 'written' };
}
