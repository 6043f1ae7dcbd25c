import { describe, expect, test } from '@jest/globals';
import type { Membership } from '../../src/cpim/envelope.ts';
import { eventually } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { person } from '../support/fake-network.ts';
import { linkedRooms } from '../support/linked.ts';

const change = (kind: Membership['change'], name: string): Membership => ({ kind: 'membership', change: kind, name });

describe.each(testDatabases())('members on $name', (engine) => {
  test('who only comes takes no seat; who has spoken and leaves, leaves', async () => {
    const { town, alpha, close } = await linkedRooms(engine);
    await alpha.says('alpha/a', 'Romeo', change('join', 'Romeo'));
    await alpha.says('alpha/a', 'Juliet', change('join', 'Juliet'));
    await alpha.says('alpha/a', 'Romeo', 'hi');
    await alpha.says('alpha/a', 'Romeo', change('leave', 'Romeo'));
    await alpha.says('alpha/a', 'Juliet', change('leave', 'Juliet'));
    await alpha.says('alpha/a', 'Nurse', 'gone');
    await eventually('the last is heard', () => town.heard('beta/b').includes('Nurse: gone'));
    expect(town.heard('beta/b')).toEqual(['Romeo: hi', 'Romeo: (leave Romeo)', 'Nurse: gone']);
    await close();
  });

  test('with seats for all, everybody who is there is seated when the link is made', async () => {
    const { town, alpha, close } = await linkedRooms(engine, { seats: 'all' });
    await alpha.host.accept([{ kind: 'roster', at: alpha.endpoint('alpha/a'), members: [person('Romeo'), person('Juliet')] }]);
    await eventually('both are seated', () => town.place('beta/b').present.size === 2);
    expect(town.heard('beta/b')).toEqual(['Romeo: (join Romeo)', 'Juliet: (join Juliet)']);
    await close();
  });

  test('a roster after an outage tells who came, who went and who has another name; the same again tells nothing', async () => {
    const { alpha, query, close } = await linkedRooms(engine);
    const at = alpha.endpoint('alpha/a');
    const roster = (...names: string[]) => alpha.host.accept([{ kind: 'roster', at, members: names.map(person) }]);
    await roster('Romeo', 'Juliet');
    await roster('Romeo', 'Juliet');
    await alpha.host.accept([{ kind: 'roster', at, members: [{ ...person('Romeo'), name: 'R.' }, person('Nurse')] }]);
    const lines = await query('select seq from entry');
    const open = await query('select name from member where to_seq is null order by name');
    expect(lines).toHaveLength(5);
    expect(open).toEqual([{ name: 'Nurse' }, { name: 'R.' }]);
    await close();
  });

  test('unlink delivers what was said before, then lets nothing through', async () => {
    const { town, alpha, beta, close } = await linkedRooms(engine);
    beta.on = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return undefined;
    };
    for (let n = 0; n < 10; n++) await alpha.says('alpha/a', 'Romeo', `line ${n}`);
    const cut = town.ask('unlink', { address: 'beta/b' });
    expect(await cut).toEqual({ unlinked: expect.arrayContaining(['alpha/a', 'beta/b']) });
    expect(town.heard('beta/b')).toHaveLength(10);
    expect([...alpha.attached, ...beta.attached]).toEqual([]);
    expect(await town.ask('links', {})).toEqual({ links: [] });
    await town.ask('link', { first: 'alpha/a', second: 'beta/b' });
    await alpha.says('alpha/a', 'Romeo', 'again');
    await eventually('the new link works', () => town.heard('beta/b').length === 11);
    await close();
  });
});
