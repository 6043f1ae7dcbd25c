import { expect } from '@jest/globals';
import type { Pair } from '../../lab/lab.ts';
import { sleep, until } from '../../lab/process.ts';
import { everybody, heard, hears, type Shared, say } from '../lab.ts';
import { inversions, MatrixTalker, XmppTalker } from './talkers.ts';

const side = { xmpp: 'XMPP to Matrix', matrix: 'Matrix to XMPP' } as const;

const quietMs = 30_000;
const mostMs = 90_000;

/**
 * Until nothing is missing, or nothing has come for so long that what is missing is lost. Rejects if lines are still coming when the
 * time is over: a slow machine says nothing of loss.
 */
async function heardOut(missing: () => number): Promise<void> {
  const end = Date.now() + mostMs;
  let [least, since] = [missing(), Date.now()];
  while (least > 0 && Date.now() - since < quietMs) {
    if (Date.now() > end) throw new Error(`too slow to tell: after ${mostMs} ms lines still come, ${least} are missing`);
    await sleep(100);
    const now = missing();
    if (now < least) [least, since] = [now, Date.now()];
  }
}

/** Both sides talk all the time; whatever `fault` does, everybody ends up with every line, once and in order. */
export async function through(name: string, shared: Shared, fault: (pair: Pair) => Promise<void>): Promise<void> {
  const pair = await shared.lab.pair(name);
  const people = everybody(shared);
  // All have seats before it begins.
  for (const one of people) await say(one, pair, `${one.name} is here`);
  for (const one of people) for (const other of people) await hears(one, pair, `${other.name} is here`);
  const talkers = [
    new XmppTalker(shared.juliet, pair),
    new XmppTalker(shared.romeo, pair),
    new MatrixTalker(shared.alice, pair, shared.lab.synapse.url),
    new MatrixTalker(shared.bob, pair, shared.lab.synapse.url),
  ];
  await sleep(1000);
  await fault(pair);
  await sleep(1000);
  const said = (from: string): number => talkers.flatMap((one) => one.offered()).filter((one) => one.side === from).length;
  await until('both sides have said enough', () => said('xmpp') >= 30 && said('matrix') >= 30);
  for (const one of talkers) await one.stop();
  const started = Date.now();
  const offered = talkers.flatMap((one) => one.offered());
  const got = (one: (typeof people)[number]): string[] => heard(one, pair).map(({ text }) => text);
  const unheard = (one: (typeof people)[number]): number => {
    const texts = new Set(got(one));
    return offered.filter(({ text }) => !texts.has(text)).length;
  };
  await heardOut(() => people.reduce((sum, one) => sum + unheard(one), 0));
  const took = ((Date.now() - started) / 1000).toFixed(1);
  // Whatever were doubled late.
  await sleep(1500);
  const verdict = (['xmpp', 'matrix'] as const).map((from) => {
    const lines = offered.filter((one) => one.side === from).map((one) => one.text);
    const lost = people.flatMap((one) => lines.filter((text) => !got(one).includes(text)).map((text) => `${one.name}: ${text}`));
    const doubled = people.flatMap((one) =>
      got(one)
        .filter((text, n, texts) => texts.indexOf(text) !== n)
        .map((text) => `${one.name}: ${text}`),
    );
    const witness = people.find((one) => one.side === from);
    const inverted = witness
      ? people.flatMap((one) => inversions(got(one), got(witness), lines).map((text) => `${one.name}: ${text}`))
      : [];
    process.stderr.write(
      `${name}, ${side[from]}: ${lines.length} offered, ${lost.length} lost, ${doubled.length} doubled, ${inverted.length} inversions; all there after ${took} s\n`,
    );
    return { lost, doubled, inverted };
  });
  const well = { lost: [], doubled: [], inverted: [] };
  expect(verdict).toEqual([well, well]);
}
