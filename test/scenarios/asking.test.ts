import { describe, expect, test } from '@jest/globals';
import type { Status } from '../../src/commands/status.ts';
import type { Trace } from '../../src/commands/trace.ts';
import type { Whois } from '../../src/commands/whois.ts';
import { eventually } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { event } from '../support/fake-network.ts';
import { linkedRooms } from '../support/linked.ts';

describe.each(testDatabases())('what an operator can ask on $name', (engine) => {
  test('trace: a message at every endpoint, by the id it has on either side', async () => {
    const { town, alpha, beta, close } = await linkedRooms(engine);
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    await alpha.says('alpha/a', 'Romeo', 'hello', { id: 'first' });
    await eventually('it is heard', () => town.heard('beta/b').includes('Romeo: hello'));
    await eventually('and settled', async () => (await traced(town, 'first'))[0]?.hops[1]?.state === 'sent');
    const [trace] = await traced(town, 'first');
    expect(trace).toMatchObject({
      kind: 'text',
      sender: 'Romeo',
      hops: [{ network: 'alpha', state: 'origin' }, { network: 'beta' }],
    });
    const there = trace?.hops[1];
    expect(there?.afterMs).toBeGreaterThanOrEqual(0);
    expect(await traced(town, there?.ids[0]?.value ?? '')).toEqual([trace]);
    beta.on = async () => {
      await gate;
      return undefined;
    };
    await alpha.says('alpha/a', 'Romeo', 'later', { id: 'second' });
    expect((await traced(town, 'second'))[0]?.hops[1]).toMatchObject({ state: 'waiting', ids: [] });
    await expect(town.ask('trace', { id: 'nothing' })).rejects.toThrow(/no message with the id nothing/);
    open();
    await close();
  });

  test('trace and links: a line that waits is counted, with its age', async () => {
    const { town, alpha, beta, close } = await linkedRooms(engine);
    beta.on = () => ({ kind: 'retry', why: { code: 'unreachable' }, scope: 'endpoint', done: [], afterMs: 50 });
    await alpha.says('alpha/a', 'Romeo', 'one');
    await alpha.says('alpha/a', 'Romeo', 'two');
    const { links } = (await town.ask('links', {})) as { links: { endpoints: Record<string, unknown>[] }[] };
    expect(links[0]?.endpoints).toMatchObject([
      { address: 'alpha/a', waiting: 0, lagSeconds: 0 },
      { address: 'beta/b', waiting: 2, class: 'each line once' },
    ]);
    expect(await town.ask('status', {})).toMatchObject({
      waiting: 2,
      rooms: 1,
      endpoints: 2,
      parked: 0,
    } satisfies Partial<Status>);
    beta.on = undefined;
    await eventually('nothing waits', async () => ((await town.ask('status', {})) as Status).waiting === 0);
    await close();
  });

  test('whois: from the ghost to the person and back, and by what is seen in the room', async () => {
    const { town, alpha, close } = await linkedRooms(engine);
    await alpha.says('alpha/a', 'Romeo', 'hello');
    await eventually('it is heard', () => town.heard('beta/b').length === 1);
    const ghost = 'ghost-of-alpha-key:Romeo';
    const expected = {
      name: 'Romeo',
      network: 'alpha',
      ghosts: [{ network: 'beta', address: ghost, seats: [{ room: 'beta/b', nick: 'Romeo' }] }],
    };
    for (const who of [ghost, ghost.toUpperCase(), 'romeo']) {
      const { people } = (await town.ask('whois', { who })) as { people: Whois[] };
      expect(people).toMatchObject([expected]);
    }
    await expect(town.ask('whois', { who: 'Mercutio' })).rejects.toThrow(/nobody of that address or name/);
    await close();
  });

  test('parked: shown as it came, tried again, delivered in the end, dropped', async () => {
    const { town, alpha, close } = await linkedRooms(engine);
    const at = alpha.endpoint('alpha/a');
    const good = JSON.stringify(event(at, 'Romeo', 'late but here', { id: 'late' })).replace(
      '"kind":"event"',
      '"was":"new","kind":"event"',
    );
    await alpha.host.accept([
      { kind: 'malformed', at, why: 'an event of a kind to come', octets: good },
      { kind: 'malformed', at, why: 'no event at all', octets: '{"kind":"roster"}' },
    ]);
    const { parked } = (await town.ask('parked', {})) as { parked: { id: number; why: string; address: string }[] };
    expect(parked.map((one) => [one.address, one.why])).toEqual([
      ['alpha/a', 'an event of a kind to come'],
      ['alpha/a', 'no event at all'],
    ]);
    const [first, second] = parked.map((one) => one.id);
    expect(await town.ask('parked-show', { id: first })).toMatchObject({ octets: good });
    expect(await town.ask('parked-retry', { id: 'all' })).toEqual({
      retried: [
        { id: first, isRead: true },
        { id: second, isRead: false, why: 'no event at all' },
      ],
    });
    await eventually('it is heard', () => town.heard('beta/b').includes('Romeo: late but here'));
    expect(await town.ask('parked-drop', { id: second })).toEqual({ dropped: [second] });
    expect(await town.ask('parked', {})).toEqual({ parked: [] });
    await expect(town.ask('parked-drop', { id: second })).rejects.toThrow(/nothing is parked under/);
    await close();
  });
});

async function traced(town: { ask(name: string, args: unknown): Promise<unknown> }, id: string): Promise<Trace[]> {
  return ((await town.ask('trace', { id })) as { traces: Trace[] }).traces;
}
