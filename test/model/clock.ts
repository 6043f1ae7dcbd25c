import type { Scheduler } from './scheduler.ts';

interface Handle {
  readonly id: number;
  ref(): Handle;
  unref(): Handle;
  hasRef(): boolean;
}

function handle(id: number): Handle {
  const made: Handle = { id, ref: () => made, unref: () => made, hasRef: () => true };
  return made;
}

/** Puts the scheduler's time in the place of the real one, for as long as `work` lasts. */
export async function withClock<T>(scheduler: Scheduler, work: () => Promise<T>): Promise<T> {
  const { Date: RealDate, setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const realNow = performance.now;
  class ModelDate extends RealDate {
    constructor(...given: readonly unknown[]) {
      super(...((given.length > 0 ? given : [scheduler.now]) as [number]));
    }
    static override now(): number {
      return scheduler.now;
    }
  }
  const cancel = (given?: unknown): void => scheduler.cancel((given as Handle | undefined)?.id ?? 0);
  Object.assign(globalThis, {
    Date: ModelDate,
    setTimeout: (run: () => void, ms = 0) => handle(scheduler.timer(run, ms)),
    clearTimeout: cancel,
    setInterval: (run: () => void, ms: number) => handle(scheduler.timer(run, ms, ms)),
    clearInterval: cancel,
  });
  performance.now = () => scheduler.now;
  try {
    return await work();
  } finally {
    // What was abandoned in mid-turn goes on until it waits: on this clock, where it waits for ever.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    Object.assign(globalThis, { Date: RealDate, setTimeout, clearTimeout, setInterval, clearInterval });
    performance.now = realNow;
  }
}
