import { reason } from '../../../cpim/reasons.ts';
import type { Ghost, Host, Outcome } from '../../network.ts';
import { textOf } from '../event.ts';
import type { Room } from '../rooms/rooms.ts';
import { type Client, type Fault, isPassing, roomPath } from '../wire/client.ts';
import { outcomeOf } from '../wire/faults.ts';
import { type Account, type Accounts, shownName } from './accounts.ts';

const takingMs = 20_000;

/** Who may speak; or why not. */
export type Taken = { readonly kind: 'seated'; readonly account: Account } | Outcome;

/** Ghosts enter rooms and have their names there. */
export class Seats {
  constructor(
    private readonly host: Host,
    private readonly client: Client,
    private readonly accounts: Accounts,
  ) {}

  /** In the room, with the ghost's name of now. */
  async take(room: Room, ghost: Ghost): Promise<Taken> {
    const userId = ghost.address.native;
    const account = this.accounts.at(userId);
    if (account && room.seats.get(userId) === shownName(ghost.name, userId)) return { kind: 'seated', account };
    return this.takeInTime(room, ghost);
  }

  private async takeInTime(room: Room, ghost: Ghost): Promise<Taken> {
    const late: Outcome = {
      kind: 'retry',
      why: reason('timeout', 'the ghost could not enter the room in time'),
      scope: 'ghost',
      done: [],
      afterMs: 5000,
    };
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<Outcome>((resolve) => {
      timer = setTimeout(() => resolve(late), takingMs);
    });
    try {
      return await Promise.race([this.seat(room, ghost), limit]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The seat is not there any more, whatever we thought. */
  async lost(room: Room, userId: string): Promise<void> {
    room.seats.delete(userId);
    const seat = (await this.host.seats.of(room.at)).find((one) => one.ghost.address.native === userId);
    if (seat) await this.host.seats.drop(room.at, seat.ghost);
  }

  async leave(room: Room, ghost: Ghost): Promise<Fault | undefined> {
    const userId = ghost.address.native;
    if (room.seats.has(userId)) {
      const left = await this.accounts.leave(userId, room.id);
      if (left.kind === 'fault' && isPassing(left)) return left;
    }
    room.seats.delete(userId);
    await this.host.seats.drop(room.at, ghost);
    return undefined;
  }

  /** As the bot sees it: `join`, `ban` and so on; undefined if it was never there, or nobody can say. */
  async membership(room: Room, userId: string): Promise<string | undefined> {
    const reply = await this.client.call('GET', roomPath(room.id, 'state', 'm.room.member', userId));
    return reply.kind === 'ok' ? textOf(reply.body, 'membership') : undefined;
  }

  private async seat(room: Room, ghost: Ghost): Promise<Taken> {
    const userId = ghost.address.native;
    const account = await this.accounts.ensure(userId, ghost.name);
    if ('kind' in account) return outcomeOf(account, 'ghost');
    const wanted = shownName(ghost.name, userId);
    const isNew = !room.seats.has(userId);
    if (isNew) {
      const refused = await this.enter(room, account, ghost.name);
      if (refused) return refused;
      room.seats.set(userId, account.name);
    }
    const isNamed = room.seats.get(userId) === wanted;
    if (!isNamed) {
      const named = await this.accounts.rename(account, room.id, wanted);
      if (named.kind === 'fault' && isPassing(named)) return outcomeOf(named, 'ghost');
      // A homeserver may forbid names that differ from room to room; then the old one stays.
      if (named.kind === 'fault') this.host.log.warn('a ghost could not change its name', { errcode: named.errcode });
      room.seats.set(userId, wanted);
    }
    if (isNew || !isNamed) await this.host.seats.keep(room.at, { ghost, nick: wanted });
    return { kind: 'seated', account };
  }

  /** Through the open door, else by an invitation of the bot. Undefined: it is in. */
  private async enter(room: Room, account: Account, name: string): Promise<Outcome | undefined> {
    const { userId } = account;
    let joined = await this.accounts.join(userId, room.id);
    // COMPAT(synapse): the account is gone with the homeserver's old database; there is no errcode of its own for it.
    if (joined.kind === 'fault' && joined.status === 403 && /not registered/i.test(joined.text)) {
      await this.accounts.forget(userId);
      const again = await this.accounts.ensure(userId, name);
      if ('kind' in again) return outcomeOf(again, 'ghost');
      joined = await this.accounts.join(userId, room.id);
    }
    if (joined.kind === 'ok') return undefined;
    if (joined.status !== 403) return outcomeOf(joined, 'ghost');
    if ((await this.membership(room, userId)) === 'ban') return refused('banned', 'the ghost is banned from the room');
    const invited = await this.accounts.invite(userId, room.id);
    if (invited.kind === 'fault' && invited.status !== 403) return outcomeOf(invited, 'ghost');
    if (invited.kind === 'fault') return refused('members-only', 'the room is invite-only and the bot may not invite');
    const second = await this.accounts.join(userId, room.id);
    return second.kind === 'ok' ? undefined : outcomeOf(second, 'ghost');
  }
}

export function refused(code: 'banned' | 'members-only' | 'moderated', text: string): Outcome {
  return { kind: 'refused', why: reason(code, text), scope: 'ghost' };
}
