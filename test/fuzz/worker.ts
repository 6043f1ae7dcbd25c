import { parentPort, workerData } from 'node:worker_threads';
import { attempt, type Finding, shrunk, textOf } from './attempt.ts';
import { targets } from './targets.ts';

/** What a worker is told, and where it says how far it is: which target, and which round. */
export interface Order {
  readonly seed: number;
  readonly target: string | undefined;
  readonly at: SharedArrayBuffer;
  readonly from: number;
}

const { seed, target: wanted, at, from } = workerData as Order;
const place = new Int32Array(at);
const chosen = targets.filter(({ name }) => wanted === undefined || name === wanted);

// The one who started it ends it.
for (let round = from; ; round++) {
  for (const target of chosen) {
    Atomics.store(place, 0, targets.indexOf(target));
    Atomics.store(place, 1, round);
    const finding = attempt(target, textOf(target, seed, round));
    if (finding) report(shrunk(target, finding));
  }
}

function report(finding: Finding): void {
  parentPort?.postMessage(finding);
}
