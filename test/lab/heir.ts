// Ends what a process of the lab has left behind, however that one has ended. It is told of each start, as `PID SIGNAL`; when nobody can
// tell it anything any more, it ends what still runs. `bequeath` in process.ts starts it: heir.ts [STARTER PID]; it ends that process
// itself when the one that started it for people (setup.mjs) has ended.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 8000;
const LOOK_MS = 1000;

interface Ward {
  readonly pid: number;
  readonly signal: NodeJS.Signals;
  readonly birth: string;
}
const wards: Ward[] = [];

/** When it was started, in ticks: a number may be given to another process later. Undefined: it has ended. */
function birthOf(pid: number): string | undefined {
  try {
    const [state, ...rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return state === 'Z' || state === 'X' ? undefined : rest[18];
  } catch {
    return undefined;
  }
}

const runs = ({ pid, birth }: Ward): boolean => birthOf(pid) === birth;

function end(signal?: NodeJS.Signals): void {
  for (const ward of wards.filter(runs)) process.kill(ward.pid, signal ?? ward.signal);
}

async function inherit(): Promise<void> {
  end();
  for (let waited = 0; wards.some(runs) && waited < PATIENCE_MS; waited += 50) await sleep(50);
  end('SIGKILL');
}

const [starter, teller] = process.argv.slice(2).map(Number);
const begun = starter === undefined ? undefined : birthOf(starter);
if (starter !== undefined && teller !== undefined) {
  setInterval(() => birthOf(starter) !== begun && process.kill(teller, 'SIGTERM'), LOOK_MS).unref();
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [number, signal] = line.split(' ');
    const pid = Number(number);
    const birth = birthOf(pid);
    if (birth !== undefined) wards.push({ pid, signal: signal as NodeJS.Signals, birth });
  })
  .on('close', () => void inherit());
