import { expect, test } from '@jest/globals';
import { Backoff } from '../../../src/networks/xmpp/wire/backoff.ts';
import { usual } from '../../../src/networks/xmpp/wire/timing.ts';

/** What a server's operator sees: each try takes no time, each link lasts as long as is said. */
function outages(times: number, { attempts, lastedMs }: { attempts: number; lastedMs: number }): number[] {
  const backoff = new Backoff(usual, () => 1);
  return Array.from({ length: times }, () => {
    const first = backoff.next(lastedMs);
    return Array.from({ length: attempts }, () => backoff.next(0)).reduce((sum, ms) => sum + ms, first);
  });
}

test('ten restarts a minute apart: each time we are back as quickly as the first time', () => {
  const ten = outages(10, { attempts: 4, lastedMs: 35_000 });
  expect(ten).toEqual(Array.from({ length: 10 }, () => 500 + 1000 + 2000 + 4000 + 8000));
});

test('a server that accepts and drops at once, or shares us with somebody else, is asked more and more seldom', () => {
  expect(outages(9, { attempts: 0, lastedMs: 50 })).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  // To find out that we are not alone takes 3 s.
  expect(outages(9, { attempts: 0, lastedMs: 3100 }).at(-1)).toBe(30_000);
});

test('no pause is less than half of its step', () => {
  const backoff = new Backoff(usual, () => 0);
  expect([backoff.next(0), backoff.next(0), backoff.next(usual.steady)]).toEqual([250, 500, 250]);
});
