import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Database, Sql } from '../../src/db.ts';
import { eventually, Town } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { event, type FakeNetwork } from '../support/fake-network.ts';

const later = { kind: 'retry', why: { code: 'unreachable' }, scope: 'network', done: [], afterMs: 20 } as const;

/** The only line, so many times more. */
async function repeatLast(query: Sql['query'], times: number): Promise<void> {
  await query(
    `insert into entry (tenant_id, room_id, seq, origin_endpoint_id, sender_id, kind, claimed_at, received_at, archive_at)
     select tenant_id, room_id, seq + n, origin_endpoint_id, sender_id, kind, claimed_at, received_at, archive_at
       from entry cross join generate_series(1, $1::integer) n`,
    [times],
  );
  await query(
    `insert into body (tenant_id, room_id, seq, day, octets)
     select tenant_id, room_id, seq + n, day, octets from body cross join generate_series(1, $1::integer) n`,
    [times],
  );
  await query('update room set head = head + $1::integer', [times]);
}

describe.each(testDatabases())('over the quota of waiting lines, $name', ({ create }) => {
  let db: Database;
  let query: Sql['query'];
  let town: Town;
  let alpha: FakeNetwork;
  let beta: FakeNetwork;
  let drop: () => Promise<void>;
  let isSlow: boolean;

  beforeEach(async () => {
    const made = await create();
    ({ db, drop } = made);
    query = (text, values) => db.query(text, values);
    town = new Town(db);
    town.backlog = 3;
    ({ alpha, beta } = await town.bridge());
    await town.ask('link', { first: 'alpha/a', second: 'beta/b', seats: 'speak' });
    isSlow = true;
    beta.on = () => (isSlow ? later : undefined);
  }, 60_000);
  afterEach(async () => {
    await town.close();
    await drop();
  });

  const says = async (name: string, text: string): Promise<string | undefined> =>
    (await alpha.says('alpha/a', name, text))[0]?.kind;

  test('a sender gets an error, once; what waits is delivered, and then all is as before', async () => {
    for (const text of ['1', '2', '3']) expect(await says('Romeo', text)).toBe('stored');
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
    await eventually('what waited is heard', () => town.heard('beta/b').length === 3);
    await eventually('lines are taken again', async () => (await says('Romeo', 'again')) === 'stored');
    expect(town.heard('beta/b').slice(0, 3)).toEqual(['Romeo: 1', 'Romeo: 2', 'Romeo: 3']);
  });

  test('who comes and goes, and what takes something back, passes', async () => {
    for (const text of ['1', '2', '3']) await alpha.says('alpha/a', 'Romeo', text, { id: text });
    const joins = await alpha.says('alpha/a', 'Juliet', { kind: 'membership', change: 'join', name: 'Juliet' });
    const target = { id: { kind: 'event', value: '3', strong: true } };
    const takesBack = await alpha.says('alpha/a', 'Romeo', { kind: 'retraction', by: 'author', target });
    expect([joins, takesBack]).toEqual([[{ kind: 'stored' }], [{ kind: 'stored' }]]);
    isSlow = false;
    await eventually('two are heard', () => town.heard('beta/b').length === 2);
  });

  test('of what comes at once only as much is taken as fits', async () => {
    const at = alpha.endpoint('alpha/a');
    const batch = ['1', '2', '3', '4', '5'].map((id) => event(at, 'Romeo', id, { id }));
    const verdicts = await Promise.all([alpha.host.accept(batch.slice(0, 2)), alpha.host.accept(batch.slice(2))]);
    expect(verdicts.flat().map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored', 'refused', 'refused']);
  });

  test('a bridge that starts with 50,000 lines in its table knows how many they are', async () => {
    await alpha.says('alpha/a', 'Romeo', 'again and again');
    await town.close();
    await repeatLast(query, 49_999);
    town = new Town(db, { beta: { window: 64 } });
    town.backlog = 50_000;
    ({ alpha, beta } = await town.bridge((_, b) => (b.on = () => (isSlow ? later : undefined))));
    await eventually('it is entered', () => alpha.attached.has('alpha/a') && beta.attached.has('beta/b'));
    expect([await says('Romeo', 'too much'), town.place('alpha/a').told.length]).toEqual(['refused', 1]);
    isSlow = false;
    await eventually('lines are taken again', async () => (await says('Juliet', 'again')) === 'stored', 60_000);
    // They are when a tenth of all has been delivered, and not before.
    expect(town.heard('beta/b').length).toBeGreaterThanOrEqual(5000);
    expect(town.heard('beta/b').length).toBeLessThan(10_000);
  }, 90_000);
});
