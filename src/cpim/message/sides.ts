import { formatWords, parseWords } from '../carry/words.ts';
import type { Draft, Message } from './message.ts';

/**
 * What two networks may both know of a message though a Message/CPIM object has no word for it: which clients it came from and is
 * meant for, and its thread. RFC 3922 leaves them out; RFC 7572 §4 carries them. Headers of a namespace of ours.
 */
export interface Sides {
  readonly fromDevice?: string | undefined;
  readonly toDevice?: string | undefined;
  readonly thread?: string | undefined;
  /** The thread that this one left. */
  readonly parent?: string | undefined;
}

export const sideNs = 'tag:rialto.im,2026:sides:1';
const names = { fromDevice: 'From-Device', toDevice: 'To-Device', thread: 'Thread', parent: 'Parent-Thread' } as const;
const keys = Object.keys(names) as readonly (keyof Sides)[];

export function formatSides(sides: Sides): Draft[] {
  return keys.flatMap((key) => {
    const word = sides[key];
    return word === undefined || word === '' ? [] : [{ name: names[key], ns: sideNs, value: formatWords([word]) }];
  });
}

export function parseSides({ headers }: Message): Sides {
  const found = keys.flatMap((key) => {
    const header = headers.find(({ ns, name }) => ns === sideNs && name === names[key]);
    const word = header && parseWords(header.value)?.[0];
    return word === undefined ? [] : [[key, word]];
  });
  return Object.fromEntries(found);
}
