import { describe, expect, test } from '@jest/globals';
import type { Fault } from './judge.ts';
import type { SabotageName } from './sabotage.ts';
import { type Result, simulate } from './simulate.ts';

/** Ten seconds of two shared cores. `npm run model -- --from 601` goes on where this ends. */
const SEEDS = 600;

test(`${SEEDS} worlds go wrong in every way that the contract allows, and every promise is kept`, async () => {
  const broken: string[] = [];
  const sum = { shown: 0, late: 0, refused: 0, dropped: 0, forgotten: 0 };
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { broken: faults, tally } = await simulate(seed);
    for (const { fault, what } of faults) broken.push(`seed ${seed}: ${fault}: ${what}`);
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += tally[name];
  }
  expect(broken).toEqual([]);
  // The worlds are not idle: everything that is no fault happens, too.
  for (const count of Object.values(sum)) expect(count).toBeGreaterThan(0);
  expect(sum.shown).toBeGreaterThan(10 * SEEDS);
});

test('a seed is the same world every time', async () => {
  const seeds = [3, 17, 51, 123];
  const once = await all(seeds);
  const again = await all(seeds);
  expect(again.map(({ hash, steps }) => [hash, steps])).toEqual(once.map(({ hash, steps }) => [hash, steps]));
  expect(new Set(once.map(({ hash }) => hash)).size).toBe(seeds.length);
});

test('a trace tells each step, and changes nothing', async () => {
  const { hash } = await simulate(17);
  const traced = await simulate(17, { isTraced: true });
  expect(traced.trace.length).toBeGreaterThan(traced.steps / 2);
  expect(traced.trace.some((line) => / alpha\/0 shows /.test(line))).toBe(true);
  expect(traced.hash).toBe(hash);
});

describe('what is broken on purpose is found, and called what it is', () => {
  const cases: readonly (readonly [SabotageName, Fault, number])[] = [
    ['ack-early', 'acknowledged before it was stored', 3],
    ['ack-early', 'lost', 40],
    ['no-dedupe', 'doubled', 10],
    ['new-txn-id', 'doubled', 60],
    ['skip-mam', 'doubled', 30],
    ['skip-mam', 'lost', 40],
    ['two-owners', 'lost', 300],
  ];

  test.each(cases)('%s: %s, within so many seeds: %d', async (sabotage, fault, seeds) => {
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { broken } = await simulate(seed, { sabotage });
      if (broken.some((one) => one.fault === fault)) return;
    }
    throw new Error(`${sabotage} was not found as "${fault}" in ${seeds} seeds`);
  });
});

async function all(seeds: readonly number[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const seed of seeds) results.push(await simulate(seed));
  return results;
}
