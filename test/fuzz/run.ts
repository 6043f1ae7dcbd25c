import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type Finding, textOf } from './attempt.ts';
import { targets } from './targets.ts';
import type { Order } from './worker.ts';

const usage = `npm run fuzz -- [--minutes N] [--seed N] [--target NAME]

  --minutes   how long; 5 if not given
  --seed      what to begin with; the same seed gives the same texts. Not given: another one each time, printed
  --target    one of: ${targets.map(({ name }) => name).join(', ')}

Whatever is found is printed as JSON, made as short as it can be: a line for test/fuzz/crashes.json.`;

/** Longer than any text may take, shrinking it included: then it hangs. */
const hangMs = 60_000;
/** Of heap: a text that needs more has found a way to fill the memory. */
const heapMb = 512;

interface Plan {
  readonly seed: number;
  readonly target: string | undefined;
  readonly until: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string' },
      target: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const minutes = Number(values.minutes);
  const isKnown = values.target === undefined || targets.some(({ name }) => name === values.target);
  if (values.help === true || !isKnown || !(minutes > 0)) {
    console.log(usage);
    return values.help === true ? 0 : 2;
  }
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}, ${targets.length} targets, ${minutes} min`);
  const findings = new Map<string, Finding>();
  const rounds = await hunt({ seed, target: values.target, until: Date.now() + minutes * 60_000 }, (finding) => {
    const place = `${finding.target}: ${finding.what.split('\n').slice(0, 2).join(' ')}`;
    if (!findings.has(place)) console.log(JSON.stringify(finding));
    findings.set(place, finding);
  });
  console.log(`${rounds} rounds, ${findings.size} findings`);
  return findings.size > 0 || rounds === 0 ? 1 : 0;
}

/** Goes on behind a text that ends or blocks the worker. Gives the number of rounds. */
async function hunt({ seed, target, until }: Plan, found: (finding: Finding) => void): Promise<number> {
  let from = 0;
  while (Date.now() < until) {
    const at = new SharedArrayBuffer(8);
    const place = new Int32Array(at);
    const order: Order = { seed, target, at, from };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: order,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    worker.on('message', found);
    const end = await watch(worker, place, until);
    await worker.terminate();
    const on = targets[place[0] ?? 0];
    if (end !== 'time' && on) found({ target: on.name, text: textOf(on, seed, place[1] ?? 0), what: end });
    from = (place[1] ?? from) + 1;
  }
  return from;
}

/** Resolves when the time is over, or with what became of the worker. */
async function watch(worker: Worker, place: Int32Array, until: number): Promise<string> {
  let end: string | undefined;
  worker.on('error', (error) => {
    end = `it ended the process: ${error.message}`;
  });
  let seen = '';
  let since = Date.now();
  while (Date.now() < until && end === undefined) {
    await sleep(Math.min(500, Math.max(1, until - Date.now())));
    const now = place.join();
    if (now !== seen) since = Date.now();
    else if (Date.now() - since > hangMs) return `it hangs: no end after ${hangMs / 1000} s`;
    seen = now;
  }
  return end ?? 'time';
}

process.exitCode = await main();
