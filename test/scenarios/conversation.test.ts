import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { linkedRooms } from '../support/linked.ts';

describe.each(testDatabases())('a conversation on $name', (engine) => {
  test('what one side says is heard on the other, once, in order, under the right name', async () => {
    const { town, alpha, beta, close } = await linkedRooms(engine);
    await alpha.says('alpha/a', 'Romeo', 'hi');
    await alpha.says('alpha/a', 'Juliet', { kind: 'text', manner: 'emote', text: 'waves' });
    await eventually('beta hears both', () => town.heard('beta/b').length === 2);
    await beta.says('beta/b', 'Alice', 'hello');
    await eventually('alpha hears Alice', () => town.heard('alpha/a').length === 1);
    expect(town.heard('beta/b')).toEqual(['Romeo: hi', 'Juliet: * waves']);
    expect(town.heard('alpha/a')).toEqual(['Alice: hello']);
    await close();
  });

  test('a server that repeats itself is heard once; equal texts are two lines', async () => {
    const { town, alpha, close } = await linkedRooms(engine);
    const verdicts = [
      ...(await alpha.says('alpha/a', 'Romeo', 'ok', { id: 'one' })),
      ...(await alpha.says('alpha/a', 'Romeo', 'ok', { id: 'one' })),
      ...(await alpha.says('alpha/a', 'Romeo', 'ok', { id: 'two' })),
    ];
    await alpha.says('alpha/a', 'Romeo', 'end');
    await eventually('the end is heard', () => town.heard('beta/b').includes('Romeo: end'));
    expect(verdicts.map((one) => one.kind)).toEqual(['stored', 'repeat', 'stored']);
    expect(town.heard('beta/b')).toEqual(['Romeo: ok', 'Romeo: ok', 'Romeo: end']);
    await close();
  });

  test('VLOOP-1 what has passed this install before is a loop and ends here', async () => {
    const { town, alpha, query, close } = await linkedRooms(engine);
    const [install] = await query('select salt from install');
    const [verdict] = await alpha.says('alpha/a', 'Echo', 'again', { extra: { trace: [String(install?.salt)] } });
    await alpha.says('alpha/a', 'Romeo', 'end');
    await eventually('the end is heard', () => town.heard('beta/b').length > 0);
    expect(verdict).toEqual({ kind: 'refused', why: { code: 'loop' } });
    expect(town.heard('beta/b')).toEqual(['Romeo: end']);
    await close();
  });

  test('what cannot be understood is kept with its bytes, and the rest goes on', async () => {
    const { town, alpha, query, close } = await linkedRooms(engine);
    const at = alpha.endpoint('alpha/a');
    const verdicts = await alpha.host.accept([{ kind: 'malformed', at, why: 'no sender', octets: '{"a":"\u0000é"}' }]);
    await alpha.says('alpha/a', 'Romeo', 'end');
    await eventually('the end is heard', () => town.heard('beta/b').length > 0);
    const [parked] = await query('select why, octets from parked');
    expect(verdicts).toEqual([{ kind: 'parked' }]);
    expect(parked).toEqual({ why: 'no sender', octets: Buffer.from('{"a":"\u0000é"}') });
    await close();
  });
});
