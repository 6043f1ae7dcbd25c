import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { event } from '../support/fake-network.ts';
import { linkedRooms } from '../support/linked.ts';

describe.each(testDatabases())('hostile input on $name', (engine) => {
  test('texts that a database cannot hold do not stop the batch that they came in', async () => {
    const { town, alpha, close } = await linkedRooms(engine);
    const at = alpha.endpoint('alpha/a');
    const verdicts = await alpha.host.accept([
      event(at, 'Nul\u0000l', 'a\u0000b', { id: 'id\u0000' }),
      event(at, 'Lone\ud800', 'c\udfffd', { id: 'lone\ud800' }),
      event(at, 'Fine', 'fine', { id: 'fine' }),
    ]);
    await eventually('all are heard', () => town.place('beta/b').lines.length === 3);
    expect(verdicts.map((one) => one.kind)).toEqual(['stored', 'stored', 'stored']);
    expect(town.place('beta/b').lines.at(-1)?.text).toBe('fine');
    await close();
  });

  test('a line that cannot be written is parked with its content, and the rest of its batch goes on', async () => {
    const { town, alpha, query, close } = await linkedRooms(engine);
    const at = alpha.endpoint('alpha/a');
    const broken = { ns: 'not a uri', name: 'bad name', value: 'line\r\nbreak' };
    const verdicts = await alpha.host.accept([
      event(at, 'Mallory', 'broken', { id: '1', extra: { extensions: [broken] } }),
      event(at, 'Romeo', 'fine', { id: '2' }),
    ]);
    await eventually('the other is heard', () => town.heard('beta/b').length === 1);
    expect(verdicts.map((one) => one.kind)).toEqual(['parked', 'stored']);
    expect(String((await query('select octets from parked'))[0]?.octets)).toContain('Mallory');
    await close();
  });
});
