import { withClock } from './clock.ts';
import { unknown } from './database/statements.ts';
import type { Broken, Tally } from './judge.ts';
import { type SabotageName, sabotages } from './sabotage.ts';
import { Scheduler } from './scheduler.ts';
import { Script } from './script.ts';
import { World } from './world.ts';

export interface Result {
  readonly seed: number;
  readonly steps: number;
  /** Of everything that happened: equal for equal seeds. */
  readonly hash: number;
  readonly broken: readonly Broken[];
  readonly tally: Tally;
  /** One line for each step: seconds, process, what; empty unless it was asked for. */
  readonly trace: readonly string[];
}

/** One seed, from the links to the last line. */
export async function simulate(seed: number, options: { sabotage?: SabotageName; isTraced?: boolean } = {}): Promise<Result> {
  const scheduler = new Scheduler(seed, options.isTraced);
  return withClock(scheduler, async () => {
    const world = new World(scheduler, sabotages[options.sabotage ?? 'none']);
    await world.begin();
    await new Script(world, 10 + scheduler.chance.below(50)).play();
    await world.heal();
    await world.settle();
    const { judge } = world;
    if (unknown.length > 0) throw new Error(`test/model/database must be taught what this does:\n${unknown.join('\n')}`);
    if (!judge.broken.some(({ fault }) => fault === 'stuck')) judge.final();
    const { hash, taken, trace } = scheduler;
    return { seed, steps: taken, hash, broken: judge.broken, tally: judge.tally, trace: trace ?? [] };
  });
}
