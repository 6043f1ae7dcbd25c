import { reason } from '../../../cpim/reasons.ts';
import type { Host } from '../../network.ts';
import { encryptionNotice } from '../features/state.ts';
import { sayHere } from '../outbox/tell.ts';
import type { Accounts } from '../people/accounts.ts';
import type { People } from '../people/people.ts';
import type { Seats } from '../people/seats.ts';
import type { Room, Rooms } from '../rooms/rooms.ts';
import type { Client } from '../wire/client.ts';
import type { Effect } from './reading.ts';

export interface EffectsParts {
  readonly host: Host;
  readonly client: Client;
  readonly accounts: Accounts;
  readonly people: People;
  readonly seats: Seats;
  readonly rooms: Rooms;
}

const aloneWords = 'I talk to one person only, and nobody outside of this room hears what you say here';

/** What an event means for ourselves, done once it is stored. */
export class Effects {
  constructor(private readonly parts: EffectsParts) {}

  async apply(room: Room, effect: Effect): Promise<void> {
    try {
      await this.applyOne(room, effect);
    } catch (error) {
      this.parts.host.log.warn('what an event asks of us could not be done', { effect: effect.kind, reason: String(error) });
    }
  }

  private async applyOne(room: Room, effect: Effect): Promise<void> {
    const { accounts, host, seats } = this.parts;
    switch (effect.kind) {
      case 'unseated':
        return seats.lost(room, effect.userId);
      case 'removed': {
        const what = effect.banned ? 'banned' : 'removed';
        const text = `${effect.by} has ${what} the bot from the room: invite ${accounts.bot} again`;
        return host.gone(room.at, reason(effect.banned ? 'banned' : 'forbidden', text));
      }
      case 'invited':
        await accounts.join(accounts.bot, room.id);
        return;
      case 'parted':
        return host.gone(room.at, reason('gone', 'one of the two has left the chat'));
      case 'joined':
        return this.say(room, `${this.parts.people.name(room.id, effect.userId)}: ${aloneWords}`, effect.userId);
      case 'encrypted':
        return this.announce(room);
      case 'unreadable':
        return this.count(room, effect);
    }
  }

  private async announce(room: Room): Promise<void> {
    const { rooms, host } = this.parts;
    room.secrecy.isAnnounced = true;
    host.trouble(room.at, room.secrecy.trouble);
    await Promise.all([rooms.noteSecrecy(room), this.say(room, encryptionNotice)]);
  }

  private async count(room: Room, { userId, isDue }: Effect & { kind: 'unreadable' }): Promise<void> {
    room.secrecy.count(userId, isDue);
    this.parts.host.trouble(room.at, room.secrecy.trouble);
    if (!isDue) return;
    const text = 'what you say here is encrypted, and nobody outside of this room can read it';
    await this.say(room, `${this.parts.people.name(room.id, userId)}: ${text}`, userId);
  }

  private async say(room: Room, body: string, userId?: string): Promise<void> {
    const mentions = userId === undefined ? {} : { user_ids: [userId] };
    const { client, accounts } = this.parts;
    const content = { msgtype: 'm.notice', body, 'm.mentions': mentions };
    await room.inTurn(() => sayHere(room, client, accounts, content));
  }
}
