import type { Kinds } from './kinds/kind.ts';
import type { Vector } from './vector.ts';

/** What became of one vector. `text` says in one line what was expected and what came. */
export type Verdict = { readonly is: 'passed' | 'skipped' } | { readonly is: 'failed'; readonly text: string };

/** Runs one vector. What needs another wire is skipped while its kind is not built; any other kind without a function has failed. */
export function verdict(vector: Vector, kinds: Kinds): Verdict {
  const kind = Object.hasOwn(kinds, vector.kind) ? kinds[vector.kind] : undefined;
  if (!kind) {
    const isOptional = vector.needs === 'sip' || vector.needs === 'msrp';
    return isOptional ? { is: 'skipped' } : { is: 'failed', text: 'not built' };
  }
  const answer = call(() => kind.run(vector.input as never, vector.profile ?? 'extended'));
  if ('crash' in answer) return { is: 'failed', text: `crashed: ${answer.crash}` };
  if ('error' in answer) return refusal(vector, answer.error);
  if (vector.error !== undefined) return told(`error ${vector.error}`, answer.output);
  const difference = kind.compare(vector.output, answer.output, vector);
  return difference ? told(difference.expected, difference.got) : { is: 'passed' };
}

type Answer = { readonly output: unknown } | { readonly error: string } | { readonly crash: string };

function call(run: () => unknown): Answer {
  try {
    return { output: run() };
  } catch (error) {
    const kind = error instanceof Error && 'kind' in error ? error.kind : undefined;
    if (typeof kind === 'string') return { error: kind };
    return { crash: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function refusal({ error, output }: Vector, kind: string): Verdict {
  if (error === kind) return { is: 'passed' };
  return told(error === undefined ? output : `error ${error}`, `error ${kind}`);
}

function told(expected: unknown, got: unknown): Verdict {
  const [left, right] = [shown(expected), shown(got)];
  const same = sharedStart(left, right);
  return { is: 'failed', text: `expected ${around(left, same)}, got ${around(right, same)}` };
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}

function sharedStart(left: string, right: string): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  return at;
}

const lead = 60;
const most = 240;

/** A long text is cut to what stands around the first difference. */
function around(text: string, at: number): string {
  if (text.length <= most) return text;
  const start = Math.max(0, at - lead);
  const end = Math.min(text.length, start + most);
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
}
