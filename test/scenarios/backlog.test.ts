import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually, Town } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import type { FakeNetwork } from '../support/fake-network.ts';

describe.each(testDatabases())('over the quota of waiting lines, $name', ({ create }) => {
  let town: Town;
  let alpha: FakeNetwork;
  let beta: FakeNetwork;
  let drop: () => Promise<void>;
  let isSlow: boolean;

  beforeEach(async () => {
    const made = await create();
    drop = made.drop;
    town = new Town(made.db);
    town.backlog = 3;
    ({ alpha, beta } = await town.bridge());
    await town.ask('link', { first: 'alpha/a', second: 'beta/b', seats: 'speak' });
    isSlow = true;
    beta.on = () =>
      isSlow ? { kind: 'retry', why: { code: 'unreachable' }, scope: 'network', done: [], afterMs: 20 } : undefined;
  }, 60_000);
  afterEach(async () => {
    await town.close();
    await drop();
  });

  const says = async (name: string, text: string): Promise<string | undefined> =>
    (await alpha.says('alpha/a', name, text))[0]?.kind;

  test('a sender gets an error, once; what waits is delivered, and then all is as before', async () => {
    for (const text of ['1', '2', '3', '4']) expect(await says('Romeo', text)).toBe('stored');
    await town.last.quota.look();
    expect([await says('Romeo', 'too much'), await says('Romeo', 'more'), await says('Juliet', 'I too')]).toEqual([
      'refused',
      'refused',
      'refused',
    ]);
    const told = town.place('alpha/a').told;
    expect(told.map(({ kind, why }) => [kind, why.code])).toEqual([
      ['refused', 'overload'],
      ['refused', 'overload'],
    ]);
    isSlow = false;
    await eventually('what waited is heard', () => town.heard('beta/b').length === 4);
    await eventually('lines are taken again', async () => {
      await town.last.quota.look();
      return (await says('Romeo', 'again')) === 'stored';
    });
    expect(town.heard('beta/b').slice(0, 4)).toEqual(['Romeo: 1', 'Romeo: 2', 'Romeo: 3', 'Romeo: 4']);
  });

  test('who comes and goes, and what takes something back, passes', async () => {
    for (const text of ['1', '2', '3', '4']) await alpha.says('alpha/a', 'Romeo', text, { id: text });
    await town.last.quota.look();
    const joins = await alpha.says('alpha/a', 'Juliet', { kind: 'membership', change: 'join', name: 'Juliet' });
    const target = { id: { kind: 'event', value: '4', strong: true } };
    const takesBack = await alpha.says('alpha/a', 'Romeo', { kind: 'retraction', by: 'author', target });
    expect([joins, takesBack]).toEqual([[{ kind: 'stored' }], [{ kind: 'stored' }]]);
    isSlow = false;
    await eventually('three are heard', () => town.heard('beta/b').length === 3);
  });
});
