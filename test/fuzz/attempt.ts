import { Unwritable } from '../../src/networks/xmpp/wire/serialize.ts';
import { Chance } from './chance.ts';
import { mutate } from './mutate.ts';
import type { Target } from './targets.ts';

/** A text that a target did not take as it should. */
export interface Finding {
  readonly target: string;
  readonly text: string;
  readonly what: string;
}

/** The text of a round: the same for the same seed, target and round. */
export function textOf({ name, corpus }: Target, seed: number, round: number): string {
  const chance = new Chance(seed, name, round);
  const text = chance.oneOf(corpus);
  return mutate(text, corpus, chance);
}

// What a text may take, in milliseconds of processor time: most take a hundredth. Collecting garbage is no finding, so the best of
// three counts.
const most = (text: string): number => 50 + text.length / 100;
const classes: ReadonlySet<unknown> = new Set(['malformed', 'unsupported', 'refused']);

/** What is wrong with how the target took it, if anything is. */
export function attempt(target: Target, text: string): Finding | undefined {
  let took = 0;
  for (let count = 0; count < 3; count++) {
    const begin = cpuMs();
    try {
      target.run(text);
    } catch (error) {
      if (!isRefusal(error))
        return { target: target.name, text, what: error instanceof Error ? (error.stack ?? '') : String(error) };
    }
    took = cpuMs() - begin;
    if (took <= most(text)) return undefined;
  }
  return { target: target.name, text, what: `${Math.round(took)} ms for ${text.length} characters` };
}

/** Of this thread. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The typed errors of the product, and those of the runner of vectors. What cannot be written is no finding either. */
function isRefusal(error: unknown): boolean {
  return error instanceof Unwritable || (error instanceof Error && 'kind' in error && classes.has(error.kind));
}

/** A text as short as can be that still fails in the same way. */
export function shrunk(target: Target, finding: Finding): Finding {
  let best = finding;
  for (let step = Math.ceil(best.text.length / 2); step >= 1; step = step === 1 ? 0 : Math.ceil(step / 2)) {
    for (let at = 0; at < best.text.length; ) {
      const found = attempt(target, best.text.slice(0, at) + best.text.slice(at + step));
      if (found && firstLine(found) === firstLine(finding)) best = found;
      else at += step;
    }
  }
  return best;
}

function firstLine({ what }: Finding): string {
  return what.replace(/\d+/g, '').split('\n', 1)[0] ?? '';
}
