import type { Finding } from '../../network.ts';
import { botId, type MatrixConfig } from '../config.ts';
import { textOf } from '../event.ts';
import { type Client, isOutage, roomPath } from '../wire/client.ts';

/** What one linked room is like for us, as the bot sees it. */
export async function* aboutRoom(config: MatrixConfig, client: Client, room: string): AsyncGenerator<Finding> {
  const here = (finding: Finding): Finding => ({ ...finding, room });
  const joined = await client.call('GET', roomPath(room, 'joined_members'));
  if (joined.kind === 'fault') {
    if (isOutage(joined))
      return yield here({ code: 'room', verdict: 'skipped', evidence: `the homeserver does not answer: ${joined.text}` });
    return yield here(await outside(config, client, room));
  }
  const encryption = await client.call('GET', roomPath(room, 'state', 'm.room.encryption'));
  if (encryption.kind === 'ok') return yield here(encrypted);
  yield here({ code: 'room', verdict: 'ok', evidence: 'the bot is in' });
}

/** The bot is not in the room. */
async function outside(config: MatrixConfig, client: Client, room: string): Promise<Finding> {
  const bot = botId(config);
  const own = await client.call('GET', roomPath(room, 'state', 'm.room.member', bot));
  const membership = own.kind === 'ok' ? textOf(own.body, 'membership') : undefined;
  if (membership === 'ban') {
    return {
      code: 'bot-banned',
      verdict: 'fault',
      evidence: `${bot} is banned from the room`,
      fix: `somebody with the power to ban lifts the ban and invites ${bot}`,
    };
  }
  const rules = await client.call('GET', roomPath(room, 'state', 'm.room.join_rules'));
  if (membership === 'invite' || (rules.kind === 'ok' && rules.body.join_rule === 'public')) {
    return {
      code: 'bot-outside',
      verdict: 'warning',
      evidence: `${bot} is not in the room; it will enter when Rialto starts`,
      fix: 'rialto run',
    };
  }
  return {
    code: 'bot-outside',
    verdict: 'fault',
    evidence: `${bot} is not in the room and cannot enter it`,
    fix: `invite ${bot} to the room; or cut the link: rialto unlink ROOM`,
  };
}

const encrypted: Finding = {
  code: 'room-encrypted',
  verdict: 'fault',
  evidence: 'the room is encrypted: what is said there cannot be read',
  fix: 'nobody can switch that off: make another room, and link that',
};
