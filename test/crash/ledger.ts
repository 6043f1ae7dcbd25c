import { isDirect, isRetracted, lineId } from '../bench/delivery/tally.ts';

/** What the promise differs by: where a line came from, and whether the room beside it keeps an archive. */
export const classes = [
  'MUC with archive → Matrix',
  'MUC without archive → Matrix',
  'Matrix → MUC with archive',
  'Matrix → MUC without archive',
  'direct chat, XMPP → Matrix',
  'direct chat, Matrix → XMPP',
] as const;
export type DeliveryClass = (typeof classes)[number];

export type Symptom = 'lost' | 'doubled' | 'reordered';

/**
 * What the design promises not to happen. A direct chat has no archive: on its way to us a line may be lost with the connection, on
 * its way to the XMPP server it may come twice.
 */
export const promises: ReadonlyMap<DeliveryClass, readonly Symptom[]> = new Map([
  ['MUC with archive → Matrix', ['lost', 'doubled', 'reordered']],
  ['Matrix → MUC with archive', ['lost', 'doubled', 'reordered']],
  ['direct chat, XMPP → Matrix', ['doubled', 'reordered']],
  ['direct chat, Matrix → XMPP', ['lost', 'reordered']],
]);

export interface Account {
  offered: number;
  delivered: number;
  /** Not delivered, and its sender was told so. */
  told: number;
  lost: number;
  doubled: number;
  reordered: number;
  /** Came, but more than LATE_MS after it was said. */
  late: number;
}

/** What one side said, and what the other side saw: how often each line. */
export interface Seen {
  readonly offered: readonly (readonly [id: number, times: number])[];
  readonly received: readonly (readonly [id: number, times: number])[];
  /** Lines of its own that it was told it could not bring. */
  readonly told: readonly number[];
  /** Ids that came after a newer one of their room. */
  readonly inverted: readonly number[];
  /** Ids that came more than LATE_MS after they were said. */
  readonly late: readonly number[];
}

const room = (id: number): number => Math.floor(id / lineId(1, 0));
const number = (id: number): number => id % lineId(1, 0);

/** What was taken back at once need not be seen, nor what its sender knows not to be there. */
function unseen(id: number, times: number, came: number, isTold: boolean): number {
  return isRetracted(number(id)) || isTold ? 0 : Math.max(0, times - came);
}

/** How many lines that one side said have not come to the other; and how many of these are promised to come. */
export function missing(from: 'MUC' | 'Matrix', { offered, told }: Seen, { received }: Seen): { all: number; promised: number } {
  const got = new Map(received);
  const known = new Set(told);
  const sum = { all: 0, promised: 0 };
  for (const [id, times] of offered) {
    const count = unseen(id, times, got.get(id) ?? 0, known.has(id));
    sum.all += count;
    if (promises.get(nameOf(from, id))?.includes('lost')) sum.promised += count;
  }
  return sum;
}

/** The account of each class, and the first ids of what is wrong. */
export function settle(
  from: 'MUC' | 'Matrix',
  { offered, told, received, inverted, late }: Seen,
): { accounts: Map<DeliveryClass, Account>; wrong: string[] } {
  const accounts = new Map<DeliveryClass, Account>();
  const wrong: string[] = [];
  const of = (id: number): Account => {
    const name = nameOf(from, id);
    const account = accounts.get(name) ?? { offered: 0, delivered: 0, told: 0, lost: 0, doubled: 0, reordered: 0, late: 0 };
    accounts.set(name, account);
    return account;
  };
  const got = new Map(received);
  const known = new Set(told);
  for (const [id, times] of offered) {
    const account = of(id);
    const came = got.get(id) ?? 0;
    account.offered += times;
    account.delivered += Math.min(came, times);
    if (came === 0 && known.has(id)) account.told += 1;
    const lost = unseen(id, times, came, known.has(id));
    account.lost += lost;
    account.doubled += Math.max(0, came - times);
    if (lost > 0) wrong.push(`lost: ${nameOf(from, id)}, room ${room(id)}, line ${number(id)}`);
    if (came > times) wrong.push(`doubled: ${nameOf(from, id)}, room ${room(id)}, line ${number(id)}`);
  }
  for (const id of inverted) {
    of(id).reordered += 1;
    wrong.push(`out of order: ${nameOf(from, id)}, room ${room(id)}, line ${number(id)}`);
  }
  for (const id of late) of(id).late += 1;
  return { accounts, wrong };
}

function nameOf(from: 'MUC' | 'Matrix', id: number): DeliveryClass {
  if (isDirect(room(id))) return from === 'MUC' ? 'direct chat, XMPP → Matrix' : 'direct chat, Matrix → XMPP';
  const archive = room(id) % 2 === 0;
  if (from === 'MUC') return archive ? 'MUC with archive → Matrix' : 'MUC without archive → Matrix';
  return archive ? 'Matrix → MUC with archive' : 'Matrix → MUC without archive';
}
