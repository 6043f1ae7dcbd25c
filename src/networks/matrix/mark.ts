import type { Delivery, Host } from '../network.ts';
import { type Json, part, textOf } from './event.ts';

// In the content of all that we send: whose it is, and through which installs it has come.
const field = 'im.rialto';
// A longer trace is a loop or a lie.
const mostHops = 32;
const longestHop = 64;

export function mark(job: Delivery, number: number, install: string): Json {
  const { trace } = job.envelope;
  const hops = trace.includes(install) ? trace : [...trace, install];
  return { [field]: { key: job.key, part: number, trace: hops.slice(-mostHops) } };
}

export interface Mark {
  /** A key of ours. */
  readonly key?: string;
  readonly part: number;
  readonly trace: readonly string[];
}

export function markOf(content: Json, host: Pick<Host, 'isKey'>): Mark {
  const found = part(content, field);
  const key = textOf(found, 'key');
  const number = found.part;
  const trace = Array.isArray(found.trace)
    ? found.trace.filter((one): one is string => typeof one === 'string' && one !== '')
    : [];
  return {
    ...(key !== undefined && key.length <= 80 && host.isKey(key) ? { key } : {}),
    part: typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : 0,
    trace: trace.slice(0, mostHops).map((one) => one.slice(0, longestHop).toWellFormed()),
  };
}
