import type { Membership, Payload } from '../../../cpim/envelope.ts';
import { reason } from '../../../cpim/reasons.ts';
import { inMarks } from '../../../cpim/text/marks.ts';
import type { Delivery, Ghost, Host, Outcome } from '../../network.ts';
import { clean, type Json, textOf } from '../event.ts';
import { mark } from '../mark.ts';
import type { Account, Accounts } from '../people/accounts.ts';
import type { Newcomers } from '../people/newcomers.ts';
import { refused, type Seats, type Taken } from '../people/seats.ts';
import type { Room } from '../rooms/rooms.ts';
import { type Client, type Fault, type Reply, roomPath } from '../wire/client.ts';
import { outcomeOf } from '../wire/faults.ts';
import { htmlOf } from './formatted.ts';

// Network.deliver: a ghost takes its seat within this time, or not at all.
const longestWaitMs = 20_000;
const nothing: Outcome = { kind: 'sent', parts: [], proof: 'accepted' };

export interface OutboxParts {
  readonly host: Host;
  readonly client: Client;
  readonly accounts: Accounts;
  readonly seats: Seats;
  readonly newcomers: Newcomers;
}

/** What our ghosts and our bot say and do in the rooms. */
export class Outbox {
  constructor(private readonly parts: OutboxParts) {}

  deliver(room: Room, job: Delivery): Promise<Outcome> {
    return room.inTurn(() => this.now(room, job));
  }

  private async now(room: Room, job: Delivery): Promise<Outcome> {
    if (Date.now() > job.deadline) return { kind: 'refused', why: reason('expired', 'it waited too long'), scope: 'entry' };
    const { payload } = job.envelope;
    if (payload.kind === 'membership') return this.membership(room, job, payload);
    const line = lineOf(payload);
    if (line === undefined) return { kind: 'refused', why: reason('unsupported', payload.kind), scope: 'entry' };
    if (job.done.some((one) => one.part === 0)) return { kind: 'sent', parts: job.done, proof: 'accepted' };
    const content = { ...line, ...mark(job, 0, this.parts.host.install) };
    const isNobodys = payload.kind === 'notice' && !job.at.settings.direct;
    return this.say(room, isNobodys ? withoutGhost(job) : job, content);
  }

  private async say(room: Room, job: Delivery, content: Json): Promise<Outcome> {
    const taken = await this.speaker(room, job);
    if (taken.kind !== 'seated') return taken;
    const reply = await this.send(room, taken.account, job, content);
    if (reply.kind === 'ok') return sent(reply);
    const again = await this.mended(room, job, taken.account, reply);
    if (again.kind !== 'seated') return again;
    const second = await this.send(room, again.account, job, content);
    if (second.kind === 'ok') return sent(second);
    return second.status === 403 ? this.silenced(job, second) : outcomeOf(second, 'entry');
  }

  private async speaker(room: Room, job: Delivery): Promise<Taken> {
    const { accounts } = this.parts;
    if (job.as) return this.ghostIn(room, job.as);
    const account = await accounts.ensureBot();
    return 'kind' in account ? outcomeOf(account, 'entry') : { kind: 'seated', account };
  }

  /** A ghost that has to wait for long before it may enter is spoken for: others' lines wait behind it. */
  private async ghostIn(room: Room, ghost: Ghost): Promise<Taken> {
    const { newcomers, seats } = this.parts;
    await newcomers.drop(room, ghost);
    const taken = await seats.take(room, ghost);
    if (taken.kind !== 'retry' || taken.scope !== 'ghost' || (taken.afterMs ?? 0) <= longestWaitMs) return taken;
    return { kind: 'refused', why: taken.why, scope: 'ghost' };
  }

  private send(room: Room, { userId, device }: Account, job: Delivery, content: Json): Promise<Reply> {
    // Unique for each line and stable over its resends; with the device the homeserver knows it again for a day at least.
    return this.parts.client.call('PUT', roomPath(room.id, 'send', 'm.room.message', job.key), {
      query: { user_id: userId, ...(device === '' ? {} : { device_id: device }) },
      body: content,
      may: () => this.parts.host.isOwner(),
    });
  }

  /** What can be put right, for one more try: the account, the device, the seat. */
  private async mended(room: Room, job: Delivery, account: Account, fault: Fault): Promise<Taken> {
    const { accounts, seats } = this.parts;
    if (fault.errcode === 'M_UNKNOWN_DEVICE') {
      await accounts.forget(account.userId);
      return this.speaker(room, job);
    }
    if (fault.status !== 403) return outcomeOf(fault, 'entry');
    if (!job.as) return this.botIn(room, account, fault);
    const membership = await seats.membership(room, account.userId);
    if (membership === 'join') return this.silenced(job, fault);
    await seats.lost(room, account.userId);
    if (membership === 'ban') return refused('banned', 'the ghost is banned from the room');
    return this.speaker(room, job);
  }

  private async botIn(room: Room, account: Account, fault: Fault): Promise<Taken> {
    const { accounts, seats, host } = this.parts;
    if ((await seats.membership(room, account.userId)) === 'join') return this.silenced({}, fault);
    const joined = await accounts.join(account.userId, room.id);
    if (joined.kind === 'ok') return { kind: 'seated', account };
    const outcome = outcomeOf(joined, 'entry');
    if (outcome.kind === 'refused') host.gone(room.at, reason('forbidden', `the bot is not in the room: invite ${accounts.bot}`));
    return outcome;
  }

  /** In the room, and may not speak. */
  private silenced(job: Pick<Delivery, 'as'>, fault: Fault): Outcome {
    if (job.as) return refused('moderated', 'the ghost may not speak in the room');
    return { kind: 'refused', why: reason('moderated', `the bot may not speak in the room: ${fault.text}`), scope: 'entry' };
  }

  private async membership(room: Room, { as: ghost, at }: Delivery, payload: Membership): Promise<Outcome> {
    const { newcomers, seats } = this.parts;
    if (!ghost) return nothing;
    if (payload.change === 'leave') {
      await newcomers.drop(room, ghost);
      const fault = await seats.leave(room, ghost);
      return fault ? outcomeOf(fault, 'ghost') : nothing;
    }
    if (payload.change === 'join' ? at.settings.seats !== 'all' : !room.seats.has(ghost.address.native)) return nothing;
    return this.comeIn(room, { ...ghost, name: payload.name });
  }

  /** Nobody waits for a ghost that only comes to sit. */
  private async comeIn(room: Room, ghost: Ghost): Promise<Outcome> {
    const { newcomers, seats } = this.parts;
    if (newcomers.isBusy(room) && !room.seats.has(ghost.address.native)) {
      await newcomers.add(room, ghost, 0);
      return nothing;
    }
    const taken = await seats.take(room, ghost);
    if (taken.kind === 'seated') return nothing;
    if (taken.kind !== 'retry' || taken.scope !== 'ghost') return taken;
    await newcomers.add(room, ghost, taken.afterMs ?? 1000);
    return nothing;
  }
}

/** Nobody's words: the bot says them, and no ghost enters for them. */
function withoutGhost(job: Delivery): Delivery {
  const { as: _, ...rest } = job;
  return rest;
}

function lineOf(payload: Payload): Json | undefined {
  if (payload.kind === 'notice') return { msgtype: 'm.notice', body: clean(payload.text) };
  if (payload.kind !== 'text') return undefined;
  const types = { plain: 'm.text', emote: 'm.emote', automated: 'm.notice' } as const;
  const line = { msgtype: types[payload.manner], body: clean(inMarks(payload).text) };
  if (payload.spans === undefined) return line;
  return { ...line, format: 'org.matrix.custom.html', formatted_body: clean(htmlOf(payload)) };
}

/** Only an event id says that the homeserver has it; a page that something before it shows says nothing. */
function sent(reply: Reply & { kind: 'ok' }): Outcome {
  const id = textOf(reply.body, 'event_id');
  if (id !== undefined)
    return { kind: 'sent', parts: [{ part: 0, ids: [{ kind: 'event', value: id, strong: true }] }], proof: 'accepted' };
  const why = reason('unreachable', 'what answers at the address of the homeserver is none');
  return { kind: 'retry', why, scope: 'network', done: [] };
}
