import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { attempt, cpuMs, type Finding, textOf } from '../../fuzz/attempt.ts';
import { Chance } from '../../fuzz/chance.ts';
import { type Target, targets } from '../../fuzz/targets.ts';

// `npm run fuzz` goes on for as long as one likes, with another seed each time.
const seed = Number(process.env.FUZZ_SEED ?? 1);
const rounds = 400;
const crashes: readonly Pick<Finding, 'target' | 'text'>[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fuzz/crashes.json'), 'utf8'),
);

describe(`whatever comes from outside, changed at will (FUZZ_SEED=${seed})`, () => {
  test.each(targets.map((target) => [target.name, target] as const))('is taken or refused: %s', (_, target) => {
    for (let round = 0; round < rounds; round++) expect(attempt(target, textOf(target, seed, round))).toBeUndefined();
  });

  test.each(crashes)('and what was once taken wrongly is not any more: %j', ({ target: name, text }) => {
    const target = targets.find((one) => one.name === name);
    expect(target).toBeDefined();
    if (target) expect(attempt(target, text)).toBeUndefined();
  });
});

describe('the fuzzer', () => {
  const target: Target = { name: 'picky', corpus: ['abc', 'd'], run: () => undefined };

  test('makes the same texts of the same seed, and others of another', () => {
    const made = (from: number): string[] => Array.from({ length: 50 }, (_, round) => textOf(target, from, round));
    expect(made(1)).toEqual(made(1));
    expect(made(1)).not.toEqual(made(2));
    expect(new Set(made(1)).size).toBeGreaterThan(25);
  });

  test('finds an error that is not typed, and what takes too long', () => {
    const crash = (): never => {
      throw new TypeError('no such member');
    };
    const refusal = (): never => {
      throw Object.assign(new Error('no'), { kind: 'malformed' });
    };
    const slow = (): void => {
      for (const end = cpuMs() + 80; cpuMs() < end; );
    };
    expect(attempt({ ...target, run: crash }, 'x')?.what).toContain('TypeError');
    expect(attempt({ ...target, run: refusal }, 'x')).toBeUndefined();
    expect(attempt({ ...target, run: slow }, 'x')?.what).toMatch(/^\d+ ms for 1 characters$/);
  });

  test('takes its chances evenly', () => {
    const chance = new Chance('even');
    const counts = Array.from({ length: 10 }, () => 0);
    for (let count = 0; count < 10_000; count++) counts[chance.below(10)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
