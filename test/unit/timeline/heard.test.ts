import { expect, test } from '@jest/globals';
import type { Settlement } from '../../../src/timeline/copy.store.ts';
import { Heard } from '../../../src/timeline/writing/heard.ts';

const ids = [
  { kind: 'archive', value: 'a', strong: true },
  { kind: 'client', value: 'b', strong: false },
];
const place = { endpoint: 1, seq: 2, part: 0 };
const settlement: Settlement = {
  endpoint: 1,
  seq: 2,
  state: 'sent',
  parts: [{ part: 0, ids }],
  degraded: undefined,
  why: undefined,
  owed: undefined,
};

function heard(of = ids): Heard {
  const made = new Heard();
  made.add(
    [{ ...place, state: 'sent' }],
    of.map((id) => ({ ...id, ...place, heard: true })),
  );
  return made;
}

test('what the echo has said need not be written again', () => {
  expect(heard().says(settlement)).toBe(true);
});

test.each([
  ['another line', { seq: 3 }],
  ['another end', { state: 'unconfirmed' as const }],
  ['what was lost on the way', { degraded: 'media:fallback' }],
  ['a part that was not heard', { parts: [...settlement.parts, { part: 1, ids: [] }] }],
  ['an id that was not heard', { parts: [{ part: 0, ids: [...ids, { kind: 'client', value: 'c', strong: false }] }] }],
  ['nothing of its parts', { parts: [] }],
])('written is %s', (_, change) => {
  expect(heard().says({ ...settlement, ...change })).toBe(false);
});

test('it keeps the newest only', () => {
  const made = heard();
  for (let seq = 10; seq < 5010; seq += 1) made.add([{ ...place, seq, state: 'sent' }], []);
  expect(made.says(settlement)).toBe(false);
});
