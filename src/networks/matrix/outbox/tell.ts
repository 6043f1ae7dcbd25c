import { randomUUID } from 'node:crypto';
import type { Ref, Status } from '../../network.ts';
import { clean, type Json } from '../event.ts';
import type { Accounts } from '../people/accounts.ts';
import type { Room } from '../rooms/rooms.ts';
import { type Client, type Reply, roomPath } from '../wire/client.ts';

const words: Readonly<Record<Status['kind'], string>> = {
  delayed: 'your message has not reached',
  refused: 'your message could not be brought to',
  relayed: 'your messages are shown by the bridge, not under your own name, in',
};

/** `Alice: your message could not be brought to …: it is too long`, as an answer to the message where there is one. */
export function statusContent(to: Ref, status: Status): Json {
  const why = status.why.text ?? status.why.code.replaceAll('-', ' ');
  const what = `${words[status.kind]} ${status.where}${status.kind === 'delayed' ? ' yet' : ''}: ${why}`;
  const whom = to.author ? `${to.author.name}: ` : '';
  const userId = to.author?.address?.native;
  const event = to.ids.find((id) => id.kind === 'event');
  return {
    msgtype: 'm.notice',
    body: clean(`${whom}${what}`),
    'm.mentions': userId === undefined ? {} : { user_ids: [userId] },
    ...(event ? { 'm.relates_to': { 'm.in_reply_to': { event_id: event.value } } } : {}),
  };
}

/** What the bot, or in a direct chat the ghost, says in a room, for this room alone: without a mark of ours it is never bridged. */
export function sayHere(room: Room, client: Client, accounts: Accounts, content: Json): Promise<Reply> {
  return client.call('PUT', roomPath(room.id, 'send', 'm.room.message', `tell-${randomUUID()}`), {
    query: { user_id: room.voice(accounts.bot) },
    body: content,
  });
}
