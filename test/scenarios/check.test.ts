import { describe, expect, test } from '@jest/globals';
import type { Finding } from '../../src/networks/finding.ts';
import type { Town } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { linkedRooms } from '../support/linked.ts';

const asked = async (town: Town, part: string, config = {}): Promise<Finding[]> =>
  ((await town.ask('check', { part, config })) as { findings: Finding[] }).findings;

describe.each(testDatabases())('a running bridge that is checked, on $name', (engine) => {
  test('looks by its own connections, at each network with its rooms', async () => {
    const { town, close } = await linkedRooms(engine);
    expect(await asked(town, 'alpha')).toEqual([{ code: 'fake', verdict: 'ok', evidence: 'running, 1 rooms' }]);
    expect(await asked(town, 'database')).toContainEqual(expect.objectContaining({ code: 'database-schema', verdict: 'ok' }));
    expect(await asked(town, 'links')).toEqual([expect.objectContaining({ code: 'links', verdict: 'ok' })]);
    await expect(town.ask('check', { part: 'gamma' })).rejects.toThrow(/no network gamma/);
    await close();
  });

  test('says by which keys its configuration differs from that of whoever asks', async () => {
    const { town, close } = await linkedRooms(engine);
    const told = (await asked(town, 'service', { 'http.port': 'another' })).find(({ code }) => code === 'config-changed');
    expect(told?.evidence).toMatch(/http\.port/);
    await close();
  });

  test('tells of a room that cannot be entered, and of what could not be understood', async () => {
    const { town, alpha, query, close } = await linkedRooms(engine);
    alpha.refuses = { kind: 'refused', why: { code: 'banned', text: 'somebody has banned us' } };
    alpha.host.gone(alpha.endpoint('alpha/a'), { code: 'banned', text: 'somebody has banned us' });
    await query(
      `insert into parked (tenant_id, network_id, why, octets) select tenant_id, network_id, 'odd', 'x' from network limit 1`,
    );
    expect(await asked(town, 'links')).toEqual([
      expect.objectContaining({
        code: 'link-outside',
        verdict: 'fault',
        room: 'alpha/a',
        evidence: expect.stringContaining('banned us'),
      }),
      expect.objectContaining({ code: 'parked', verdict: 'warning' }),
    ]);
    await close();
  });
});
