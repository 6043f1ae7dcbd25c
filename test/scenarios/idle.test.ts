import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { linkedRooms } from '../support/linked.ts';

describe.each(testDatabases())('ghosts that are silent for long, $name', (engine) => {
  let here: Awaited<ReturnType<typeof linkedRooms>>;
  let left: string[];

  const prepare = async (seats: 'speak' | 'all'): Promise<void> => {
    here = await linkedRooms(engine, { seats });
    left = [];
    // What was delivered is then known by its settlement alone, which comes after the ghost was marked as awake.
    here.beta.echoes = false;
    // As a server does it: who leaves is gone, and his place is given back.
    here.beta.on = async (job) => {
      if (job.envelope.payload.kind !== 'membership' || job.envelope.payload.change !== 'leave' || !job.as) return undefined;
      left.push(job.as.name);
      here.town.place('beta/b').present.delete(job.as.name);
      await here.beta.host.seats.drop(job.at, job.as);
      return { kind: 'sent', parts: [], proof: 'accepted' };
    };
  };
  beforeEach(() => prepare('speak'), 60_000);
  afterEach(() => here.close());

  const says = async (name: string, text: string): Promise<void> => {
    await here.alpha.says('alpha/a', name, text);
    const lines = (await here.query('select count(*) as n from entry'))[0]?.n;
    await eventually(`beta has heard ${name}`, async () => {
      return (await here.query(`select count(*) as n from copy where state = 'sent'`))[0]?.n === lines;
    });
  };
  const aged = (days: number): Promise<unknown> => here.query('update seat set spoken_on = current_date - $1::integer', [days]);
  const sweep = (): Promise<void> => here.town.last.idlers.sweep(0);
  const entries = async (): Promise<unknown> => (await here.query('select count(*) as n from entry'))[0]?.n;

  test('leave one at a time, come back when they speak, and nobody hears of it elsewhere', async () => {
    await says('Romeo', 'hi');
    await says('Juliet', 'hello');
    await sweep();
    await aged(30);
    await sweep();
    expect(left).toEqual([]);
    await aged(31);
    const before = await entries();
    await sweep();
    expect(left).toHaveLength(1);
    await sweep();
    await sweep();
    expect(left.toSorted()).toEqual(['Juliet', 'Romeo']);
    expect([...here.town.place('beta/b').present]).toEqual([]);
    expect(await entries()).toBe(before);
    expect(here.town.heard('alpha/a')).toEqual([]);
    await says('Romeo', 'I am back');
    expect([...here.town.place('beta/b').present]).toEqual(['Romeo']);
    await sweep();
    expect(left).toHaveLength(2);
  });

  test('one who has spoken since stays', async () => {
    await says('Romeo', 'hi');
    await says('Juliet', 'hello');
    await sweep();
    await aged(40);
    await says('Romeo', 'still here');
    await sweep();
    await sweep();
    expect(left).toEqual(['Juliet']);
  });

  test('nobody leaves where all are to be in the room', async () => {
    await here.close();
    await prepare('all');
    await says('Romeo', 'hi');
    await sweep();
    await aged(99);
    await sweep();
    expect(left).toEqual([]);
  });
});
