import type { Neighbour, NoteBook } from '../../network.ts';
import { localpart } from '../address.ts';
import { type Json, part, textOf } from '../event.ts';
import { type Client, roomPath } from '../wire/client.ts';

/*
 * Which bridges are in a room. MSC2346: each says what it joins the room to, by a state event; older ones are known by their
 * ghosts alone.
 */

// The second is the one in use.
const types = ['m.bridge', 'uk.half-shot.bridge'] as const;

/** Another bridge, and what it leads to as far as one can tell. */
export interface Sign {
  /** Its bot, or one of its ghosts. */
  readonly account: string;
  /** Lower case, as the bridge itself says: `irc`, `xmpp-js`; '': it could be anything. */
  readonly protocol: string;
  /** The place at the other end. */
  readonly channel?: string;
}

/** What ghosts and bots of a bridge are called after, with the protocol behind it; '' is one that may lead anywhere. */
const families: ReadonlyMap<string, string> = new Map(
  Object.entries({
    xmpp: 'xmpp bifrost jabber',
    irc: 'irc freenode libera oftc snoonet heisenbridge',
    sip: 'sip',
    discord: 'discord',
    telegram: 'telegram',
    whatsapp: 'whatsapp',
    signal: 'signal',
    slack: 'slack',
    mattermost: 'mattermost',
    meta: 'meta messenger facebook instagram',
    google: 'gmessages googlechat hangouts',
    imessage: 'imessage',
    twitter: 'twitter',
    linkedin: 'linkedin',
    bluesky: 'bluesky',
    skype: 'skype',
    line: 'line',
    wechat: 'wechat',
    '': 'rialto',
  }).flatMap(([protocol, names]) => names.split(' ').map((name) => [name, protocol] as const)),
);

/** A name such as `telegram_5` may be a person's; two of them are a bridge. */
const enough = 2;

/** In the full state of a room and its joined members; `isOurs` knows our own accounts. */
export function foreignBridges(state: readonly Json[], members: readonly string[], isOurs: (userId: string) => boolean): Sign[] {
  const said = state.filter((event) => (types as readonly unknown[]).includes(event.type)).flatMap(declared);
  const seen = ghosts(members);
  const all = [...said, ...seen].filter(({ account }) => !isOurs(account));
  // One for each protocol: what a bridge says of itself comes first, and says more than its ghosts.
  return all.filter((sign, n) => all.findIndex((other) => other.protocol === sign.protocol) === n);
}

/** True if both bridges may lead to one network. */
export function mayMeet({ protocol }: Sign, other: Neighbour): boolean {
  return protocol === '' || protocol.startsWith(other.protocol);
}

function declared(event: Json): Sign[] {
  const content = part(event, 'content');
  // What is left of a bridge that has gone.
  if (Object.keys(content).length === 0) return [];
  const protocol = textOf(part(content, 'protocol'), 'id')?.toLowerCase() ?? '';
  const channel = textOf(part(content, 'channel'), 'id');
  const account = textOf(content, 'bridgebot') ?? textOf(event, 'sender') ?? '';
  return [{ account, protocol: families.get(protocol) ?? protocol, ...(channel === undefined ? {} : { channel }) }];
}

function ghosts(members: readonly string[]): Sign[] {
  const found = new Map<string, { account: string; weight: number }>();
  for (const account of members) {
    const { family, weight } = namedAfter(localpart(account));
    if (weight === 0) continue;
    const before = found.get(family);
    found.set(family, { account: before?.account ?? account, weight: (before?.weight ?? 0) + weight });
  }
  return [...found].flatMap(([family, { account, weight }]) => {
    return weight < enough ? [] : [{ account, protocol: families.get(family) ?? '' }];
  });
}

/** `_irc_romeo`, `telegram_5`, `signalbot`, `appservice-irc`, `heisenbridge`. */
function namedAfter(local: string): { readonly family: string; readonly weight: number } {
  const [, sure, family = '', tail = ''] = /^(_|appservice-)?([a-z]+?)(?:puppet)?(_|-?bot_?$|$)/.exec(local) ?? [];
  if (!families.has(family) || (tail === '' && sure !== 'appservice-' && family !== 'heisenbridge')) return { family, weight: 0 };
  // A namespace that only a bridge gets, or its bot.
  return { family, weight: sure === undefined && tail === '_' ? 1 : enough };
}

export interface MarksParts {
  readonly client: Client;
  readonly notes: NoteBook;
  readonly bot: string;
}

/** Our own state events: what else is in one room with a Matrix room, for other bridges and for clients. */
export class BridgeMarks {
  constructor(private readonly parts: MarksParts) {}

  /** Rejects if the homeserver is away; where the bot may not write state there is no mark. */
  async set(room: string, others: readonly Neighbour[]): Promise<void> {
    const { notes, bot } = this.parts;
    const wanted = new Map(others.map((other) => [keyOf(bot, other), contentOf(bot, other)]));
    const before = new Set(JSON.parse((await notes.get(note(room))) || '[]') as string[]);
    for (const key of wanted.keys()) before.delete(key);
    for (const key of before) await this.put(room, key, {});
    const kept: string[] = [];
    for (const [key, content] of wanted) if (await this.put(room, key, content)) kept.push(key);
    await notes.set(note(room), kept.length > 0 ? JSON.stringify(kept) : '');
  }

  private async put(room: string, key: string, content: Json): Promise<boolean> {
    const { client, bot } = this.parts;
    for (const type of types) {
      const reply = await client.call('PUT', roomPath(room, 'state', type, key), { query: { user_id: bot }, body: content });
      if (reply.kind === 'fault' && reply.status === 403) return false;
      if (reply.kind === 'fault') throw new Error(`the room takes no mark of the bridge: ${reply.text}`);
    }
    return true;
  }
}

// Of this bot, since another Rialto may be in the room. Client-Server API, "Size limits": a state key has 255 octets.
function keyOf(bot: string, { network, address }: Neighbour): string {
  return Buffer.from(`im.rialto://${bot.slice(1)}/${network}/${address.native}`)
    .subarray(0, 255)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
}

function contentOf(bot: string, { network, protocol, address }: Neighbour): Json {
  const { native } = address;
  return { bridgebot: bot, protocol: { id: protocol }, network: { id: network }, channel: { id: native, displayname: native } };
}

function note(room: string): string {
  return `marks ${room}`;
}
