import type { Membership } from '../../../cpim/envelope.ts';
import type { Sender } from '../../network.ts';
import { kept } from '../few.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';

export interface Occupant {
  readonly sender: Sender;
  readonly role: string;
}

/** Somebody came, went or has a new name. */
export interface Change {
  readonly sender: Sender;
  readonly payload: Membership;
}

export function codesOf(presence: El): Set<string> {
  const codes = presence.getChildren('x', ns.mucUser).flatMap((x) => x.getChildren('status').map((one) => one.attrs.code ?? ''));
  return new Set(codes);
}

export function itemOf(presence: El): El | undefined {
  return presence.getChild('x', ns.mucUser)?.getChild('item');
}

/** The last presence of a room that is no more. Each occupant gets his own only, and it need not say 110 (XEP-0045 §10.9). */
export function isDestruction(presence: El): boolean {
  return presence.getChild('x', ns.mucUser)?.getChild('destroy') !== undefined;
}

/** XEP-0045 §15.6.2. 333 beside 307 is an error, not a person who kicks (§9.1). */
export function causeOf(codes: ReadonlySet<string>): NonNullable<Membership['cause']> {
  if (codes.has('332') || codes.has('333')) return 'lost';
  if (codes.has('301')) return 'banned';
  if (codes.has('307') || codes.has('321') || codes.has('322')) return 'kicked';
  return 'left';
}

/** A ghost of ours. */
const ours: Occupant = { sender: { key: '', weak: false, name: '' }, role: '' };

/** Without the packet that it came in. */
function copyOf({ key, weak, name, address }: Sender): Sender {
  const own = { key: kept(key), weak, name: kept(name) };
  return address ? { ...own, address: { uri: kept(address.uri), native: kept(address.native) } } : own;
}

/** Who is in a room now, our own ghosts included; the listener is not. */
export class Occupants {
  private readonly byNick = new Map<string, Occupant>();
  /** How many nicks each person has here. */
  private readonly nicks = new Map<string, number>();

  get(nick: string): Occupant | undefined {
    return this.byNick.get(nick);
  }

  clear(): void {
    this.byNick.clear();
    this.nicks.clear();
  }

  /** It has turned out to be a ghost of ours: who that is, is known elsewhere. */
  ours(nick: string): void {
    this.drop(nick);
    this.byNick.set(nick, ours);
  }

  nickOf(key: string): string | undefined {
    for (const [nick, occupant] of this.byNick) if (occupant.sender.key === key) return nick;
    return undefined;
  }

  /** One entry a person, however many clients and nicks he has; `skip` names nicks that are ours. */
  members(skip: (nick: string) => boolean): Sender[] {
    const members = new Map<string, Sender>();
    for (const [nick, { sender }] of this.byNick) if (!skip(nick) && !members.has(sender.key)) members.set(sender.key, sender);
    return [...members.values()];
  }

  here(nick: string, sender: Sender, role: string): Change | undefined {
    const known = this.byNick.has(nick) || (!sender.weak && this.nicks.has(sender.key));
    const lasting = copyOf(this.better(nick, sender));
    this.put(lasting.name === nick ? lasting.name : kept(nick), { sender: lasting, role });
    return known ? undefined : { sender: lasting, payload: { kind: 'membership', change: 'join', name: nick } };
  }

  /** An `unavailable`: a leave, or the first half of a change of nick (status 303). */
  away(nick: string, presence: El): Change[] {
    const occupant = this.byNick.get(nick);
    if (!occupant) return [];
    const { sender } = occupant;
    this.drop(nick);
    const codes = codesOf(presence);
    const item = itemOf(presence);
    const next = codes.has('303') ? item?.attrs.nick : undefined;
    if (next) return this.renamed(occupant, next);
    if (this.nicks.has(sender.key)) return [];
    const by = item?.getChild('actor')?.attrs.nick;
    const reason = (item?.getChildText('reason') ?? presence.getChildText('status'))?.trim().slice(0, 500);
    const cause = causeOf(codes);
    const more = { ...(by ? { by } : {}), ...(reason ? { reason } : {}) };
    return [{ sender, payload: { kind: 'membership', change: 'leave', name: nick, cause, ...more } }];
  }

  /** A presence can lack what a former one had (an occupant-id in a message only): the better key stays. */
  private better(nick: string, sender: Sender): Sender {
    const before = this.byNick.get(nick);
    if (!sender.weak) return sender;
    if (before) return before.sender;
    // Whoever had this nick when we first saw him is here still, under another one: the newcomer is somebody else.
    let { key } = sender;
    for (let n = 2; this.nicks.has(key); n += 1) key = sender.key.replace(/^nick/, `nick${n}`);
    return { ...sender, key };
  }

  /** While we look on, the room itself says who took which nick: also one who is known by his nick only stays who he is. */
  private renamed({ sender, role }: Occupant, next: string): Change[] {
    const now = { ...sender, name: next };
    this.put(next, { sender: now, role });
    return [{ sender: now, payload: { kind: 'membership', change: 'rename', name: next } }];
  }

  private put(nick: string, occupant: Occupant): void {
    this.drop(nick);
    this.byNick.set(nick, occupant);
    this.nicks.set(occupant.sender.key, (this.nicks.get(occupant.sender.key) ?? 0) + 1);
  }

  private drop(nick: string): void {
    const key = this.byNick.get(nick)?.sender.key;
    if (key === undefined) return;
    this.byNick.delete(nick);
    const left = (this.nicks.get(key) ?? 1) - 1;
    if (left > 0) this.nicks.set(key, left);
    else this.nicks.delete(key);
  }
}
