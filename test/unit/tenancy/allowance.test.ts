import { expect, test } from '@jest/globals';
import { Allowance } from '../../../src/tenancy/allowance.ts';

const minute = 60_000;

test('everybody has his own allowance, which comes back at an even pace and never grows over what it was', () => {
  let now = 0;
  const allowance = new Allowance({ anHour: 60, now: () => now });
  const taken = (who: string): number => {
    let count = 0;
    for (; allowance.has(who); count++) allowance.take(who);
    return count;
  };
  expect(taken('romeo')).toBe(60);
  expect(taken('juliet')).toBe(60);
  now += minute - 1;
  expect(taken('romeo')).toBe(0);
  now += 1;
  expect(taken('romeo')).toBe(1);
  now += 10 * minute;
  expect(taken('romeo')).toBe(10);
  now += 24 * 60 * minute;
  expect(taken('romeo')).toBe(60);
});

test('of those who have not taken anything for the longest nothing is kept', () => {
  const allowance = new Allowance({ anHour: 1, now: () => 0 });
  allowance.take('the first');
  for (let nth = 0; nth < 10_000; nth++) allowance.take(`number ${nth}`);
  expect(allowance.has('the first')).toBe(true);
  expect(allowance.has('number 9999')).toBe(false);
});
