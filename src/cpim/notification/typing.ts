import type { Composing } from './composing.ts';

/** Pure machines for who is writing (RFC 3994 §3): all times in milliseconds, state plain JSON. */

/** As it is shown to the others. */
export interface Shown {
  /** He is writing, and counts as idle from then on; absent: he is idle. */
  readonly until?: number;
}

export type Heard =
  | { readonly kind: 'composing'; readonly composing: Composing }
  /** What he was writing. */
  | { readonly kind: 'content' }
  | { readonly kind: 'time' };

export interface ShownStep {
  readonly state: Shown;
  /** What is to be shown from now on, if that is something else. */
  readonly shown?: Composing['state'];
}

/** §3.3: how long an active state counts whose document does not say. */
const defaultRefresh = 120_000;
/** Whoever names a longer interval is forgotten no later: he may be gone. */
const longestRefresh = 3600_000;

export function stepShown(state: Shown, heard: Heard, now: number): ShownStep {
  const isActive = state.until !== undefined;
  switch (heard.kind) {
    case 'composing': {
      const { composing } = heard;
      if (composing.state === 'idle') return idle(isActive);
      const interval = composing.refresh === undefined ? defaultRefresh : composing.refresh * 1000;
      const until = now + Math.min(interval, longestRefresh);
      return isActive ? { state: { until } } : { state: { until }, shown: 'active' };
    }
    case 'content':
      return idle(isActive);
    case 'time':
      return state.until !== undefined && state.until <= now ? idle(true) : { state };
  }
}

function idle(isNews: boolean): ShownStep {
  return isNews ? { state: {}, shown: 'idle' } : { state: {} };
}

/** Of a user of ours, as the others are told. */
export interface Typing {
  readonly lastKey?: number;
  /** When it was said last that he is writing; absent: the others hold him for idle. */
  readonly toldAt?: number;
}

export type Typed = { readonly kind: 'key' } | { readonly kind: 'sent' } | { readonly kind: 'time' };

export interface TypingStep {
  readonly state: Typing;
  /** The document to send. */
  readonly told?: Composing;
  /** When time is the next input. */
  readonly due?: number;
}

/** §3.2: the refresh interval is a minute at least; who has not touched a key for 15 s is idle. */
const refreshSeconds = 60;
const idleAfter = 15_000;

export function stepTyping(state: Typing, typed: Typed, now: number): TypingStep {
  switch (typed.kind) {
    case 'key':
      return active({ ...state, lastKey: now }, now);
    case 'sent':
      // The message itself says that he is not writing it any more.
      return { state: {} };
    case 'time':
      if (state.toldAt === undefined) return { state };
      return isIdle(state, now) ? { state: {}, told: { state: 'idle' } } : active(state, now);
  }
}

function isIdle({ lastKey = 0 }: Typing, now: number): boolean {
  return lastKey + idleAfter <= now;
}

/** One document in an interval, however fast he types. */
function active({ lastKey = 0, toldAt }: Typing, now: number): TypingStep {
  const isDue = toldAt === undefined || toldAt + refreshSeconds * 1000 <= now;
  const state = { lastKey, toldAt: isDue ? now : toldAt };
  const due = Math.min(lastKey + idleAfter, state.toldAt + refreshSeconds * 1000);
  return isDue ? { state, told: { state: 'active', refresh: refreshSeconds }, due } : { state, due };
}
