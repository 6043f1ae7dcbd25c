import { asMailbox } from '../uri.ts';
import { type Present, stepWatched, unwatched, type Watched, type WatchedInput, type WatchedStep } from './watched.ts';
import { type Asking, stepWatching, type Watching, type WatchingInput, type WatchingStep } from './watching.ts';

/** All subscriptions of an install. Plain JSON: kept as it stands, it is after a restart what it was (RFC 3859 §3.4). */
export interface Subscriptions {
  /** How many SubscriptIDs were given; with the salt of the install, which a copy of it does not share, none comes twice. */
  readonly given: number;
  /** By watcher and target. */
  readonly watching: Readonly<Record<string, Watching>>;
  readonly watched: Readonly<Record<string, Watched>>;
}

/** Two `pres:` URIs. */
export interface Pair {
  readonly watcher: string;
  readonly target: string;
}

export const noSubscriptions: Subscriptions = { given: 0, watching: {}, watched: {} };

/** A user of ours asks to watch somebody. His request gets an id that was never used before (RFC 3859 §3.4). The salt is short. */
export function askToWatch(
  all: Subscriptions,
  asking: Omit<Asking, 'subscriptId'>,
  { now, salt }: { readonly now: number; readonly salt: string },
): { readonly all: Subscriptions; readonly outputs: WatchingStep['outputs'] } {
  const subscriptId = `${salt}-${all.given}`;
  const ask = { ...asking, subscriptId };
  return atWatching({ ...all, given: all.given + 1 }, asking, { kind: 'subscribe', ask }, now);
}

export function atWatching(
  all: Subscriptions,
  pair: Pair,
  input: WatchingInput,
  now: number,
): { readonly all: Subscriptions; readonly outputs: WatchingStep['outputs'] } {
  const key = keyOf(pair);
  const { state, outputs } = stepWatching(all.watching[key], input, now);
  const { [key]: _, ...others } = all.watching;
  return { all: { ...all, watching: state ? { ...others, [key]: state } : others }, outputs };
}

export function atWatched(
  all: Subscriptions,
  pair: Pair,
  input: WatchedInput,
  { now, present }: { readonly now: number; readonly present: Present },
): { readonly all: Subscriptions; readonly outputs: WatchedStep['outputs'] } {
  const key = keyOf(pair);
  const { state, outputs } = stepWatched(all.watched[key] ?? unwatched(pair.watcher, pair.target), input, now, present);
  const { [key]: _, ...others } = all.watched;
  const isNothing = state.standing === 'none' && state.subscription === undefined;
  return { all: { ...all, watched: isNothing ? others : { ...others, [key]: state } }, outputs };
}

/** What one of ours may see and has seen of somebody. */
export function watchingOf({ watching }: Subscriptions, pair: Pair): Watching | undefined {
  return watching[keyOf(pair)];
}

/** When time is the next input of some pair, in milliseconds of Unix time. */
export function nextDue({ watching, watched }: Subscriptions): number | undefined {
  const times = [...Object.values(watching).map(({ due }) => due), ...Object.values(watched).map(({ until }) => until)];
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : known.reduce((least, time) => Math.min(least, time));
}

/** However the addresses are written: escapes do not count, and domains have no case. */
function keyOf({ watcher, target }: Pair): string {
  return JSON.stringify(
    [watcher, target].map((uri) => {
      const found = asMailbox(uri, 'pres');
      return found ? [found.local, found.domain.toLowerCase()] : uri;
    }),
  );
}
