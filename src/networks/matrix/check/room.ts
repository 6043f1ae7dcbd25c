import type { ReasonCode } from '../../../cpim/reasons.ts';
import type { Finding } from '../../finding.ts';
import type { LinkedRoom } from '../../network.ts';
import { botId, isOwn, type MatrixConfig } from '../config.ts';
import { isObject, part, textOf } from '../event.ts';
import { type Objection, objectionsTo } from '../rooms/suitable.ts';
import { type Client, isOutage, roomPath } from '../wire/client.ts';

/** A room may have ten thousand members. */
const stateMs = 20_000;

/** What one linked room is like for us, as the bot sees it. */
export async function* aboutRoom(config: MatrixConfig, client: Client, { address, beside }: LinkedRoom): AsyncGenerator<Finding> {
  const room = address.native;
  const here = (finding: Finding): Finding => ({ ...finding, room });
  const joined = await client.call('GET', roomPath(room, 'joined_members'));
  if (joined.kind === 'fault') {
    if (isOutage(joined))
      return yield here({ code: 'room', verdict: 'skipped', evidence: `the homeserver does not answer: ${joined.text}` });
    return yield here(await outside(config, client, room));
  }
  const reply = await client.call('GET', roomPath(room, 'state'), { ms: stateMs });
  if (reply.kind === 'fault')
    return yield here({ code: 'room', verdict: 'skipped', evidence: `its state cannot be read: ${reply.text}` });
  const state = Array.isArray(reply.body.list) ? reply.body.list.filter(isObject) : [];
  const members = Object.keys(part(joined.body, 'joined'));
  const isOurs = (userId: string): boolean => isOwn(config, userId);
  const { objections, warnings } = objectionsTo({ state, members, bot: botId(config), isOurs }, beside);
  const found = [...objections.map(finding), ...warnings.map(otherBridge)];
  for (const one of found) yield here(one);
  if (found.length === 0)
    yield here({ code: 'room', verdict: 'ok', evidence: 'the bot is in, may speak, and may bring ghosts in' });
}

/** By what is said to whoever makes a link; a risk that can be accepted is no fault. */
function finding({ why, unless }: Objection): Finding {
  const code = unless === undefined ? (codes[why.code] ?? 'room-unsuitable') : (risks[why.code] ?? 'room-risk');
  return { code, verdict: unless === undefined ? 'fault' : 'warning', ...apart(why.text ?? why.code) };
}

const codes: Partial<Record<ReasonCode, string>> = { encrypted: 'room-encrypted', moderated: 'room-no-send' };
const risks: Partial<Record<ReasonCode, string>> = {
  'members-only': 'room-no-invite',
  moderated: 'room-ghosts-silent',
  loop: 'room-other-bridge',
};

function otherBridge(text: string): Finding {
  return { code: 'room-other-bridge', verdict: 'warning', ...apart(text) };
}

/** "what is wrong: what to do". */
function apart(text: string): Pick<Finding, 'evidence' | 'fix'> {
  const at = text.lastIndexOf(': ');
  return at < 0 ? { evidence: text } : { evidence: text.slice(0, at), fix: text.slice(at + 2) };
}

/** The bot is not in the room. */
async function outside(config: MatrixConfig, client: Client, room: string): Promise<Finding> {
  const bot = botId(config);
  const { membership, isOpen } = await standing(client, room, bot);
  if (membership === 'ban') {
    return {
      code: 'bot-banned',
      verdict: 'fault',
      evidence: `${bot} is banned from the room`,
      fix: `somebody with the power to ban lifts the ban and invites ${bot}`,
    };
  }
  if (membership === 'invite' || isOpen) {
    return {
      code: 'bot-outside',
      verdict: 'warning',
      evidence: `${bot} is not in the room; it enters when Rialto starts`,
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

interface Standing {
  readonly membership?: string | undefined;
  /** Anybody may enter. */
  readonly isOpen: boolean;
}

async function standing(client: Client, room: string, bot: string): Promise<Standing> {
  const [own, rules] = await Promise.all([
    client.call('GET', roomPath(room, 'state', 'm.room.member', bot)),
    client.call('GET', roomPath(room, 'state', 'm.room.join_rules')),
  ]);
  // Who has left may look at the room as it was then. Who is banned may not.
  if (own.kind === 'ok' && rules.kind === 'ok') {
    return { membership: textOf(own.body, 'membership'), isOpen: rules.body.join_rule === 'public' };
  }
  const summary = await client.call('GET', `/_matrix/client/v1/room_summary/${encodeURIComponent(room)}`);
  if (summary.kind === 'ok') {
    return { membership: textOf(summary.body, 'membership'), isOpen: summary.body.join_rule === 'public' };
  }
  // A room that does not even show itself lets nobody in: to ask is safe, and tells why.
  const joined = await client.call('POST', `/_matrix/client/v3/join/${encodeURIComponent(room)}`, { body: {} });
  return { membership: joined.kind === 'fault' && /banned/i.test(joined.text) ? 'ban' : undefined, isOpen: false };
}
