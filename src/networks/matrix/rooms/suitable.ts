import { type Reason, reason } from '../../../cpim/reasons.ts';
import type { Consent, Neighbour, Refused, Wish } from '../../network.ts';
import { isObject, type Json, part, textOf } from '../event.ts';
import { foreignBridges, mayMeet, type Sign } from './bridges.ts';

export interface Scenery {
  /** All state events of the room. */
  readonly state: readonly Json[];
  /** User ids. */
  readonly members: readonly string[];
  readonly bot: string;
  isOurs(userId: string): boolean;
}

/** What speaks against a room. */
export interface Objection {
  readonly why: Reason;
  /** Absent: nothing helps but the remedy. */
  readonly unless?: Consent;
}

/** Whether a new link suits the room: the first thing against it that nobody has accepted, else what one should know. Pure. */
export function suitable(scenery: Scenery, wish: Wish): Refused | string[] {
  const { objections: all, warnings } = objectionsTo(scenery, wish.beside);
  const isAccepted = ({ unless }: Objection): boolean => unless !== undefined && wish.accept.includes(unless);
  const refused = all.find((one) => !isAccepted(one));
  if (refused) return { kind: 'refused', ...refused };
  return [...all.flatMap(({ why }) => why.text ?? []), ...warnings];
}

/** All that speaks against it, the gravest first, and what one should know besides. */
export function objectionsTo(scenery: Scenery, beside: readonly Neighbour[]): { objections: Objection[]; warnings: string[] } {
  const { objections, warnings } = bridged(scenery, beside);
  return { objections: [...secrecy(scenery), ...powers(scenery), ...objections], warnings };
}

function secrecy({ state }: Scenery): Objection[] {
  if (!contentOf(state, 'm.room.encryption')) return [];
  const text = 'the room is encrypted, which the bridge cannot read and nobody can switch off: link another room';
  return [{ why: reason('encrypted', text) }];
}

/** Client-Server API, "m.room.power_levels", with its defaults. */
function powers({ state, bot }: Scenery): Objection[] {
  const levels = contentOf(state, 'm.room.power_levels') ?? {};
  const everybody = level(levels.users_default, 0);
  const own = isCreator(state, bot) ? Number.POSITIVE_INFINITY : level(part(levels, 'users')[bot], everybody);
  const speaking = level(part(levels, 'events')['m.room.message'], level(levels.events_default, 0));
  const inviting = level(levels.invite, 0);
  const give = (needed: number): string => `give ${bot} a power level of ${needed}`;
  if (own < speaking) return [{ why: reason('moderated', `the bot may not speak in the room: ${give(speaking)}`) }];
  const objections: Objection[] = [];
  if (!isOpen(state) && own < inviting) {
    const text = `nobody of the other side could enter, since the room is invite-only and the bot may not invite: ${give(inviting)}`;
    objections.push({ why: reason('members-only', text), unless: 'relay' });
  }
  if (everybody < speaking) {
    const text = `nobody of the other side could speak, since that takes a power level of ${speaking}: let new members speak`;
    objections.push({ why: reason('moderated', text), unless: 'relay' });
  }
  return objections;
}

function bridged(
  { state, members, isOurs }: Scenery,
  beside: readonly Neighbour[],
): { objections: Objection[]; warnings: string[] } {
  const objections: Objection[] = [];
  const warnings: string[] = [];
  for (const sign of foreignBridges(state, members, isOurs)) {
    const meets = beside.filter((other) => mayMeet(sign, other));
    if (meets.length === 0) warnings.push(`another bridge (${nameOf(sign)}) is in the room: some may hear each line by two ways`);
    else {
      const same = meets.some(({ address }) => address.native === sign.channel);
      const where = same ? 'that links these very rooms' : 'to what may be the same network';
      const text = `another bridge (${nameOf(sign)}) ${where} is in the room, and lines would go round between the two: remove it first`;
      objections.push({ why: reason('loop', text), unless: 'other-bridge' });
    }
  }
  return { objections, warnings };
}

function nameOf({ account, protocol, channel }: Sign): string {
  return [account, ...(protocol === '' ? [] : [protocol]), ...(channel === undefined ? [] : [channel])].join(', ');
}

/** Anybody may enter. */
export function isOpen(state: readonly Json[]): boolean {
  return textOf(contentOf(state, 'm.room.join_rules') ?? {}, 'join_rule') === 'public';
}

/** From room version 12 on the creators stand above all levels. */
function isCreator(state: readonly Json[], userId: string): boolean {
  const event = state.find(({ type }) => type === 'm.room.create');
  const content = contentOf(state, 'm.room.create');
  if (!event || !content || !(Number(content.room_version) >= 12)) return false;
  const others = Array.isArray(content.additional_creators) ? content.additional_creators : [];
  return event.sender === userId || others.includes(userId);
}

/** Of the state event with an empty key. */
function contentOf(state: readonly Json[], type: string): Json | undefined {
  const content = state.find((event) => event.type === type && event.state_key === '')?.content;
  return isObject(content) ? content : undefined;
}

// COMPAT(old rooms): before version 10 a power level could be text.
function level(value: unknown, otherwise: number): number {
  const found = typeof value === 'string' ? Number(value) : value;
  return typeof found === 'number' && Number.isFinite(found) ? found : otherwise;
}
