import { expect, test } from '@jest/globals';
import type { Pair } from '../lab/lab.ts';
import type { Coming, Person } from '../lab/person.ts';
import { sleep, until } from '../lab/process.ts';
import { roomOf } from '../lab/talk.ts';
import { describeWithServers, everybody, hears, present, type Shared, say, sees, settings } from './lab.ts';

/** Everybody has said something, so that he has a seat on the other side; and heard everybody. */
async function gathered(shared: Shared, name: string): Promise<Pair> {
  const pair = await shared.lab.pair(name);
  const people = everybody(shared);
  for (const one of people) await say(one, pair, `${one.name} is here`);
  for (const one of people) for (const other of people) await hears(one, pair, `${other.name} is here`);
  await sees([shared.juliet, shared.romeo], pair, 'Alice');
  await sees([shared.alice, shared.bob], pair, 'Juliet');
  return pair;
}

let turn = 0;

/** Each says one more line, and all of them are heard on both sides: whoever had to come back has come back. */
async function speak(shared: Shared, pair: Pair): Promise<void> {
  turn += 1;
  for (const one of everybody(shared)) {
    await say(one, pair, `${one.name} again, ${turn}`);
    for (const other of everybody(shared)) await hears(other, pair, `${one.name} again, ${turn}`);
  }
}

/** Who comes and goes on either side while `act` goes on. */
async function comings(shared: Shared, pair: Pair, act: () => Promise<unknown>): Promise<Coming[]> {
  const people = everybody(shared);
  const seen = (one: Person): readonly Coming[] => one.comings(roomOf(pair, one));
  const before = people.map((one) => seen(one).length);
  await act();
  return people.flatMap((one, n) => seen(one).slice(before[n]));
}

function restarts(shared: Shared): void {
  let pair: Pair;

  test('killed and started again: nobody comes and nobody leaves, of ghosts and listener', async () => {
    pair = await gathered(shared, 'quiet');
    const seen = await comings(shared, pair, async () => {
      await shared.lab.rialto.kill();
      await sleep(500);
      await shared.lab.rialto.ready();
      await speak(shared, pair);
    });
    expect(seen).toEqual([]);
  }, 120_000);

  test('stopped and started again: as well', async () => {
    const { rialto } = shared.lab;
    const seen = await comings(shared, pair, async () => {
      await rialto.stop();
      await sleep(500);
      await rialto.start();
      await speak(shared, pair);
    });
    expect(seen).toEqual([]);
  }, 120_000);

  test('where a line was spoken meanwhile: whom the server has removed comes back when he next speaks, by the same name', async () => {
    const { juliet, alice, lab } = shared;
    await lab.rialto.kill(true);
    const seen = await comings(shared, pair, async () => {
      await say(juliet, pair, 'into the void');
      // The server finds out by the line that nobody is there.
      await sleep(2000);
      const kept = present(juliet, pair).includes('Alice');
      await lab.rialto.start();
      await hears(alice, pair, 'into the void');
      await sleep(1000);
      expect(present(juliet, pair).includes('Alice')).toBe(kept);
      await say(alice, pair, 'I heard you');
      await hears(juliet, pair, 'I heard you');
    });
    await until('Juliet sees Alice', () => present(juliet, pair).includes('Alice'));
    // So what is counted above can be seen.
    expect(new Set(seen.filter(({ change }) => change === 'left').map(({ who }) => who))).toEqual(
      new Set(['Alice', 'Bob', 'Rialto']),
    );
    // Bob has not spoken.
    expect(seen.filter(({ who, change }) => who === 'Bob' && change === 'came')).toEqual([]);
  }, 120_000);
}

for (const on of settings)
  await describeWithServers(`a restart is quiet, on ${on.xmpp} and ${on.db}`, (shared) => restarts(shared), on);
