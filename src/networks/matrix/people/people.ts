import type { Sender } from '../../network.ts';
import { isUserId, localpart, userUri } from '../address.ts';
import { botId, isOwn, type MatrixConfig } from '../config.ts';
import { textOf } from '../event.ts';
import { Recent } from '../recent.ts';
import { type Client, isOutage, roomPath } from '../wire/client.ts';

const kept = 20_000;
const longestName = 256;
const lookupMs = 3000;

/** Who is who: our own accounts, and the names of the others, room by room. */
export class People {
  private readonly names = new Recent<string>(kept);
  private readonly authors = new Recent<string>(kept);
  private readonly bot: string;

  constructor(
    private readonly client: Client,
    private readonly config: MatrixConfig,
  ) {
    this.bot = botId(config);
  }

  isOurs(userId: string): boolean {
    return isOwn(this.config, userId);
  }

  isBot(userId: string): boolean {
    return userId === this.bot;
  }

  /** The address of a user is public always. */
  sender(room: string, userId: string): Sender {
    return {
      key: `mxid:${userId}`,
      weak: false,
      name: this.name(room, userId),
      address: { uri: userUri(userId), native: userId },
    };
  }

  name(room: string, userId: string): string {
    return this.known(room, userId) ?? localpart(userId);
  }

  known(room: string, userId: string): string | undefined {
    return this.names.get(`${room} ${userId}`);
  }

  /** From a member event or a list of members; blank and absent: the localpart. */
  learn(room: string, userId: string, displayName: unknown): void {
    const name = typeof displayName === 'string' ? nameFrom(displayName) : '';
    this.names.set(`${room} ${userId}`, name || localpart(userId));
  }

  author(eventId: string): string | undefined {
    return this.authors.get(eventId);
  }

  said(eventId: string, userId: string): void {
    this.authors.set(eventId, userId);
  }

  /** Asks for what is not known yet. Without an answer there is the localpart. */
  async look(room: string, userIds: Iterable<string>, eventIds: Iterable<string>): Promise<void> {
    const strangers = [...userIds].filter((userId) => this.known(room, userId) === undefined);
    const unread = [...eventIds].filter((eventId) => this.author(eventId) === undefined);
    await Promise.all([
      ...strangers.map((userId) => this.lookUp(room, userId)),
      ...unread.map((eventId) => this.lookUpEvent(room, eventId)),
    ]);
  }

  private async lookUp(room: string, userId: string): Promise<void> {
    const reply = await this.client.call('GET', roomPath(room, 'state', 'm.room.member', userId), { ms: lookupMs });
    if (reply.kind === 'ok') this.learn(room, userId, textOf(reply.body, 'displayname'));
    else if (!isOutage(reply)) this.learn(room, userId, undefined);
  }

  private async lookUpEvent(room: string, eventId: string): Promise<void> {
    const reply = await this.client.call('GET', roomPath(room, 'event', eventId), { ms: lookupMs });
    const sender = reply.kind === 'ok' ? textOf(reply.body, 'sender') : undefined;
    if (sender !== undefined && isUserId(sender)) this.said(eventId, sender);
  }
}

function nameFrom(displayName: string): string {
  return displayName.replaceAll('\0', '').slice(0, longestName).toWellFormed().trim();
}
