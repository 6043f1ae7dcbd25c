import { parseArgs } from 'node:util';
import { type SabotageName, sabotages } from './sabotage.ts';
import { type Result, simulate } from './simulate.ts';

const usage = `npm run model -- [--seeds N] [--from SEED] [--sabotage NAME] [--seed SEED [--trace]]

  --seeds      how many; 2000 if not given
  --from       the first of them; 1 if not given
  --seed       this one alone
  --trace      with every step
  --sabotage   with something broken on purpose: ${Object.keys(sabotages).join(', ')}

Ends with 0 if every promise was kept in every seed, with 1 if not: the first seeds that show each fault are named.`;

/** Of each fault so many seeds are named. */
const NAMED = 3;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '2000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      sabotage: { type: 'string', default: 'none' },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  const [from, seeds] = [Number(values.seed ?? values.from), values.seed === undefined ? Number(values.seeds) : 1];
  if (values.help || !(seeds > 0) || !Number.isSafeInteger(from) || !(values.sabotage in sabotages)) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const options = { sabotage: values.sabotage as SabotageName, isTraced: values.trace };
  const sum = new Sum();
  const began = performance.now();
  for (let seed = from; seed < from + seeds; seed += 1) {
    const result = await simulate(seed, options);
    for (const line of result.trace) console.log(line);
    sum.add(result);
  }
  return sum.say((performance.now() - began) / 1000);
}

class Sum {
  private readonly faults = new Map<string, number>();
  private readonly tally = new Map<string, number>();
  private seeds = 0;
  private steps = 0;
  private failed = 0;

  add({ seed, steps, broken, tally }: Result): void {
    this.seeds += 1;
    this.steps += steps;
    this.failed += broken.length > 0 ? 1 : 0;
    for (const [name, count] of Object.entries(tally)) this.tally.set(name, (this.tally.get(name) ?? 0) + count);
    for (const fault of new Set(broken.map((one) => one.fault))) {
      const times = (this.faults.get(fault) ?? 0) + 1;
      this.faults.set(fault, times);
      if (times > NAMED) continue;
      console.log(`seed ${seed}: ${fault}: ${broken.find((one) => one.fault === fault)?.what}`);
    }
  }

  /** Returns what to end with. */
  say(seconds: number): number {
    const counted = [...this.tally].map(([name, count]) => `${count} ${name}`).join(', ');
    console.log(
      `${this.seeds} seeds, ${this.steps} steps in ${seconds.toFixed(1)} s (${Math.round(this.seeds / seconds)} seeds/s)`,
    );
    console.log(`lines: ${counted}`);
    for (const [fault, seeds] of this.faults) console.log(`${fault}: in ${seeds} seeds`);
    console.log(
      this.failed === 0 ? 'every promise was kept' : `${this.failed} seeds failed: replay one with --seed SEED --trace`,
    );
    return this.failed === 0 ? 0 : 1;
  }
}

process.exitCode = await main();
