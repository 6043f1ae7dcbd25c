import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { fastSteps, home, runStep, type Step, testSteps, type Verdict } from './steps.ts';

const usage = `check [--only NAME]… [--keep-going]
  --only        this step only; may be repeated: ${[...fastSteps, ...testSteps].map((step) => step.name).join(', ')}
  --keep-going  the tests too, although a step before them failed`;

/** Starts as many as there are cores; prints each verdict as soon as all before it are printed. */
async function together(steps: readonly Step[], atOnce: number): Promise<Verdict[]> {
  const waiting = [...steps.entries()];
  const verdicts: Verdict[] = [];
  let printed = 0;
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, step] = next;
      verdicts[at] = await runStep(step, home);
      for (let ready = verdicts[printed]; ready !== undefined; ready = verdicts[++printed]) print(ready);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return verdicts;
}

function print({ name, passed, seconds, output }: Verdict): void {
  console.log(`${passed ? '✓' : '✗'} ${name.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s`);
  if (!passed || /^(warning|not yet)/m.test(output)) console.log(`${output.trimEnd().replace(/^/gm, '    ')}\n`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      'keep-going': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const wanted = (step: Step): boolean => values.only === undefined || values.only.includes(step.name);
  const fast = fastSteps.filter(wanted);
  const tests = testSteps.filter(wanted);
  if (values.help === true || fast.length + tests.length === 0) {
    console.log(usage);
    return values.help === true ? 0 : 2;
  }
  const verdicts = await together(fast, availableParallelism());
  const goOn = values['keep-going'] === true || verdicts.every(({ passed }) => passed);
  if (goOn) verdicts.push(...(await together(tests, 1)));
  else if (tests.length > 0) console.log(`  ${tests.map(({ name }) => name).join(', ')}: not run (--keep-going runs them)`);
  return verdicts.every(({ passed }) => passed) ? 0 : 1;
}

process.exitCode = await main();
