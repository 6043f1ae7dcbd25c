import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { event } from '../support/fake-network.ts';
import { linkedRooms } from '../support/linked.ts';

/** A pseudo-random number in [0, 1) that is the same in every run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

describe.each(testDatabases())('order on $name', (engine) => {
  test.each([1, 8])('lines keep their order through tries that fail, window %i', async (window) => {
    const { town, alpha, beta, close } = await linkedRooms(engine, { beta: { window } });
    const roll = dice(window);
    // A stream that breaks fails everything from there on, until it is back.
    let broken = false;
    beta.on = () => {
      if (!broken && roll() < 0.1) {
        broken = true;
        beta.host.state('connecting');
        setTimeout(() => {
          broken = false;
          beta.host.state('up');
        }, roll() * 10);
      }
      return broken ? { kind: 'retry', why: { code: 'unreachable' }, scope: 'network', done: [], afterMs: 1 } : undefined;
    };
    const said: string[] = [];
    for (let burst = 0; burst < 10; burst++) {
      const batch = Array.from({ length: 20 }, (_, n) => `${burst}.${n}`);
      said.push(...batch);
      const at = alpha.endpoint('alpha/a');
      await alpha.host.accept(batch.map((text) => event(at, `Speaker ${text.length % 3}`, text, { id: text })));
    }
    await eventually('all are heard', () => town.place('beta/b').lines.length === said.length, 20_000);
    expect(town.place('beta/b').lines.map((line) => line.text)).toEqual(said);
    await close();
  });

  test('an answer finds the line that it answers, though the id of that came in the same batch', async () => {
    const { alpha, beta, close } = await linkedRooms(engine);
    let key = '';
    const targets: unknown[] = [];
    beta.on = (job) => {
      key = job.key;
      return { kind: 'sent', proof: 'accepted', parts: [] };
    };
    alpha.on = (job) => {
      targets.push(...job.targets.flatMap(({ ids }) => ids.map(({ value }) => value)));
      return undefined;
    };
    await alpha.says('alpha/a', 'Romeo', 'hello?', { id: 'the-question' });
    await eventually('beta has it', () => key !== '');
    const at = beta.endpoint('beta/b');
    const id = { kind: 'event', value: 'its-id-there', strong: true };
    await beta.host.accept([
      { kind: 'echo', at, key, part: 0, ids: [id] },
      event(at, 'Juliet', 'hello!', { id: 'the-answer', extra: { reply: { id } } }),
    ]);
    await eventually('alpha has the answer', () => targets.length > 0);
    expect(targets).toEqual(['the-question']);
    await close();
  });

  test('a lane that has fallen far behind reads on from the table', async () => {
    const { town, alpha, beta, close } = await linkedRooms(engine, { beta: { window: 64 } });
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    beta.on = async () => {
      await gate;
      return undefined;
    };
    const at = alpha.endpoint('alpha/a');
    const said = Array.from({ length: 3000 }, (_, n) => `line ${n}`);
    for (let n = 0; n < said.length; n += 500) {
      await alpha.host.accept(said.slice(n, n + 500).map((text) => event(at, 'Romeo', text, { id: text })));
    }
    open();
    await eventually('all are heard', () => town.place('beta/b').lines.length === said.length, 30_000);
    expect(town.place('beta/b').lines.map((line) => line.text)).toEqual(said);
    await close();
  });

  test('a retracted line that still waits is never sent, and neither is its retraction', async () => {
    const { town, alpha, beta, close } = await linkedRooms(engine);
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    beta.on = async () => {
      await gate;
      return undefined;
    };
    await alpha.says('alpha/a', 'Romeo', 'first', { id: 'first' });
    await alpha.says('alpha/a', 'Romeo', 'regretted', { id: 'regretted' });
    const target = { id: { kind: 'event', value: 'regretted', strong: true } };
    await alpha.says('alpha/a', 'Mallory', {
      kind: 'retraction',
      by: 'author',
      target: { id: { kind: 'event', value: 'first', strong: true } },
    });
    await alpha.says('alpha/a', 'Romeo', { kind: 'retraction', by: 'author', target });
    await alpha.says('alpha/a', 'Romeo', 'last');
    open();
    await eventually('the last is heard', () => town.heard('beta/b').includes('Romeo: last'));
    expect(town.heard('beta/b')).toEqual(['Romeo: first', 'Mallory: (removed a message)', 'Romeo: last']);
    await close();
  });
});
