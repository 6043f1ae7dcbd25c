import { describe, expect, test } from '@jest/globals';
import { type Heard, type Shown, stepShown, stepTyping, type Typed, type Typing } from '../../../src/cpim/notification/typing.ts';

const second = 1000;

/** What is shown, with the second when it is; the clock goes on by seconds. */
function shows(heard: readonly (readonly [at: number, what: Heard])[], seconds: number): string[] {
  let state: Shown = {};
  const seen: string[] = [];
  for (let at = 0; at <= seconds; at++) {
    const inputs = [...heard.filter(([when]) => when === at).map(([, what]) => what), { kind: 'time' } as const];
    for (const input of inputs) {
      const step = stepShown(state, input, at * second);
      state = step.state;
      if (step.shown !== undefined) seen.push(`${at} ${step.shown}`);
    }
  }
  return seen;
}

const active = (refresh?: number): Heard => ({
  kind: 'composing',
  composing: { state: 'active', ...(refresh !== undefined && { refresh }) },
});

describe('somebody elsewhere who writes', () => {
  test('V3994-3.3-1 is idle when nothing follows, after two minutes or after the interval that he named', () => {
    expect(shows([[0, active()]], 300)).toEqual(['0 active', '120 idle']);
    expect(shows([[0, active(77)]], 300)).toEqual(['0 active', '77 idle']);
    expect(
      shows(
        [
          [0, active()],
          [100, active()],
        ],
        300,
      ),
    ).toEqual(['0 active', '220 idle']);
  });

  test('is idle after an hour, whatever interval he named', () => {
    expect(shows([[0, active(999_999_999)]], 4000)).toEqual(['0 active', '3600 idle']);
  });

  test('V3994-3.3-2 is idle when his message comes, and when he says so; once', () => {
    expect(
      shows(
        [
          [0, active()],
          [5, { kind: 'content' }],
        ],
        300,
      ),
    ).toEqual(['0 active', '5 idle']);
    const stops: Heard = { kind: 'composing', composing: { state: 'idle' } };
    expect(
      shows(
        [
          [0, active()],
          [5, stops],
          [6, { kind: 'content' }],
        ],
        300,
      ),
    ).toEqual(['0 active', '5 idle']);
  });
});

/** What is told, with its second: a key every half second in each of the spans. */
function tells(spans: readonly (readonly [from: number, to: number])[], more: Readonly<Record<number, Typed>> = {}): string[] {
  let state: Typing = {};
  let due: number | undefined;
  const told: string[] = [];
  const take = (input: Typed, at: number): void => {
    const step = stepTyping(state, input, at);
    ({ state, due } = { due: undefined, ...step });
    if (step.told) told.push(`${at / second} ${step.told.state}`);
  };
  for (let at = 0; at <= 400 * second; at += second / 2) {
    if (due !== undefined && due <= at) take({ kind: 'time' }, at);
    if (spans.some(([from, to]) => from * second <= at && at <= to * second)) take({ kind: 'key' }, at);
    const other = more[at / second];
    if (other) take(other, at);
  }
  return told;
}

describe('a user of ours who writes', () => {
  test('V3994-3.2-1 is told of once in an interval, and as idle 15 s after his last key', () => {
    expect(tells([[0, 200]])).toEqual(['0 active', '60 active', '120 active', '180 active', '215 idle']);
    expect(tells([[0, 1]])).toEqual(['0 active', '16 idle']);
  });

  test('is not told of as idle when his message is out, and may begin again', () => {
    expect(
      tells(
        [
          [0, 10],
          [20, 21],
        ],
        { 10: { kind: 'sent' } },
      ),
    ).toEqual(['0 active', '20 active', '36 idle']);
  });

  test('is told of in documents that say when the next one comes', () => {
    expect(stepTyping({}, { kind: 'key' }, 0)).toEqual({
      state: { lastKey: 0, toldAt: 0 },
      told: { state: 'active', refresh: 60 },
      due: 15 * second,
    });
  });
});
