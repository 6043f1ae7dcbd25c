import { describe, expect, test } from '@jest/globals';
import { renewInstall } from '../../src/tenancy/install.store.ts';
import { eventually } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { linkedRooms } from '../support/linked.ts';

describe.each(testDatabases())('a bridge that dies on $name', (engine) => {
  test('lines that were out but not settled are not said again, the others are', async () => {
    const { town, alpha, beta, close } = await linkedRooms(engine, { beta: { window: 4 } });
    beta.echoes = false;
    await alpha.says('alpha/a', 'Romeo', 'before');
    await eventually('it is heard', () => town.heard('beta/b').length === 1);
    // From now on what beta hears is never reported back: the process hangs, as in a crash between send and settle.
    beta.on = async (job) => {
      if (JSON.stringify(job.envelope.payload).includes('out')) await beta.hear(job);
      return new Promise(() => {});
    };
    await alpha.says('alpha/a', 'Romeo', 'out 1');
    await alpha.says('alpha/a', 'Romeo', 'waiting 2');
    await alpha.says('alpha/a', 'Romeo', 'out 3');
    await eventually('two are out', () => town.heard('beta/b').length === 3);
    const second = await town.bridge();
    await eventually('the waiting line arrives', () => town.heard('beta/b').length === 4);
    expect(town.heard('beta/b')).toEqual(['Romeo: before', 'Romeo: out 1', 'Romeo: out 3', 'Romeo: waiting 2']);
    expect(second.beta.recovers).toBe(1);
    await expect(alpha.says('alpha/a', 'Romeo', 'from the grave')).rejects.toThrow(/lease/);
    await second.alpha.says('alpha/a', 'Romeo', 'after');
    await eventually('the new one works', () => town.heard('beta/b').includes('Romeo: after'));
    expect(town.heard('beta/b')).not.toContain('Romeo: from the grave');
    await close();
  });

  test('what it left in doubt is known by its old keys when the database has got a new salt; what is said then has new ones', async () => {
    const { town, alpha, beta, query, close } = await linkedRooms(engine, { beta: { window: 4 } });
    beta.echoes = false;
    await alpha.says('alpha/a', 'Romeo', 'before');
    await eventually('it is heard', () => town.heard('beta/b').length === 1);
    const keys: string[] = [];
    beta.on = async (job) => {
      keys.push(job.key);
      if (JSON.stringify(job.envelope.payload).includes('out')) await beta.hear(job);
      return new Promise(() => {});
    };
    await alpha.says('alpha/a', 'Romeo', 'out 1');
    await alpha.says('alpha/a', 'Romeo', 'waiting 2');
    await eventually('both are under way', () => keys.length === 2);
    await renewInstall({ query });
    const second = await town.bridge((_, next) => {
      next.on = async (job) => {
        keys.push(job.key);
        return undefined;
      };
    });
    await eventually('the waiting line arrives', () => town.heard('beta/b').length === 3);
    await second.alpha.says('alpha/a', 'Romeo', 'after');
    await eventually('the new one arrives', () => town.heard('beta/b').length === 4);
    expect(town.heard('beta/b')).toEqual(['Romeo: before', 'Romeo: out 1', 'Romeo: waiting 2', 'Romeo: after']);
    const [, waiting, resent, after] = keys;
    expect(resent).toBe(waiting);
    expect(after?.slice(0, 8)).not.toBe(waiting?.slice(0, 8));
    await close();
  });

  test('a clean stop leaves nothing in doubt', async () => {
    const { town, alpha, close } = await linkedRooms(engine);
    for (let n = 0; n < 20; n++) await alpha.says('alpha/a', 'Romeo', `line ${n}`);
    await eventually('all are heard', () => town.heard('beta/b').length === 20);
    await town.close();
    const next = await town.bridge();
    await eventually('it has entered', () => next.alpha.attached.size === 1 && next.beta.attached.size === 1);
    await next.alpha.says('alpha/a', 'Romeo', 'again');
    await eventually('the next is heard', () => town.heard('beta/b').length === 21);
    expect(next.beta.recovers).toBe(0);
    await close();
  });
});
