/** What one operation costs. All figures are medians over the runs. */
export interface Measured {
  readonly name: string;
  /** By the clock on the wall: what a core that has other things to do gives. */
  readonly perSecond: number;
  /** By the processor time of this thread: what one core gives that does nothing else. */
  readonly perCpuSecond: number;
  /** Allocated, in the heap and in buffers. */
  readonly bytes: number;
  readonly runs: number;
}

const runs = 9;
const runMs = 400;
const warmUpMs = 1000;

/** Runs it until it is compiled, then several times for a while. The result of `operation` is kept from being optimised away. */
export function measure(name: string, operation: () => unknown): Measured {
  let count = 0;
  for (const end = performance.now() + warmUpMs; performance.now() < end; count++) keep(operation());
  const batch = Math.max(1, Math.ceil(count / 100));
  const timed = Array.from({ length: runs }, () => run(operation, batch));
  return {
    name,
    perSecond: Math.round(median(timed.map((one) => one.perSecond))),
    perCpuSecond: Math.round(median(timed.map((one) => one.perCpuSecond))),
    bytes: Math.round(allocated(operation)),
    runs,
  };
}

function run(operation: () => unknown, batch: number): Pick<Measured, 'perSecond' | 'perCpuSecond'> {
  const cpu = process.threadCpuUsage();
  const begin = performance.now();
  let done = 0;
  do {
    for (let at = 0; at < batch; at++) keep(operation());
    done += batch;
  } while (performance.now() - begin < runMs);
  const { user, system } = process.threadCpuUsage(cpu);
  return { perSecond: (done / (performance.now() - begin)) * 1000, perCpuSecond: (done / (user + system)) * 1e6 };
}

const few = 20;

/** What grows while nothing is collected: few operations at a time; where something was collected, less than nothing grew. */
function allocated(operation: () => unknown): number {
  const grown: number[] = [];
  for (let at = 0; at < 500; at++) {
    const before = used();
    for (let done = 0; done < few; done++) keep(operation());
    const growth = used() - before;
    if (growth > 0) grown.push(growth / few);
  }
  return median(grown);
}

function used(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

let kept: unknown;

function keep(result: unknown): void {
  kept = result;
}

/** The last result, so that an operation that gives nothing is noticed. */
export function lastResult(): unknown {
  return kept;
}
