import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { linkedRooms } from '../support/linked.ts';

const ROOMS = 120;

describe.each(testDatabases())('a bridge that starts again on $name', (engine) => {
  test('enters the newest rooms first, some at a time; what is said in those that it has entered goes on meanwhile', async () => {
    const { town, alpha, query, close } = await linkedRooms(engine);
    for (let n = 1; n < ROOMS; n += 1) await town.ask('link', { first: `alpha/${n}`, second: `beta/${n}` });
    // Of the oldest links these are the newest rooms.
    await alpha.says('alpha/7', 'Romeo', 'not long ago');
    await alpha.says('alpha/a', 'Romeo', 'just now');
    await eventually('both are heard', () => town.heard('beta/7').length + town.heard('beta/b').length === 2);
    const newest = ['alpha/a', 'alpha/7'];
    const [entering, order, free]: [Set<string>, string[], (() => void)[]] = [new Set(), [], []];
    const next = await town.bridge((one) => {
      one.onAttach = async (at) => {
        order.push(at.address.native);
        entering.add(at.address.native);
        if (!newest.includes(at.address.native)) await new Promise<void>((resolve) => free.push(resolve));
        entering.delete(at.address.native);
      };
    });
    await eventually('the first ones are being entered', () => entering.size === 50);
    // The two of the 120 are among those that come first, and do not wait for the others.
    expect(order).toHaveLength(52);
    expect(order).toEqual(expect.arrayContaining(newest));
    await next.alpha.says('alpha/7', 'Juliet', 'while it starts');
    await eventually('it is heard', () => town.heard('beta/7').includes('Juliet: while it starts'));
    const report = await town.last.readiness.report();
    expect(report.ready).toBe(false);
    expect(report.networks.alpha).toMatchObject({ endpoints: ROOMS, entered: 2 });
    while (order.length < ROOMS || entering.size > 0) {
      for (const go of free.splice(0)) go();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await eventually('it is ready', async () => (await town.last.readiness.report()).ready);
    expect(order).toHaveLength(ROOMS);
    expect(await query(`select 1 from endpoint where state = 'active'`)).toHaveLength(2 * ROOMS);
    await close();
  }, 120_000);
});
