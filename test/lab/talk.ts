import type { Lab, Pair } from './lab.ts';
import type { Line, Person } from './person.ts';
import { until } from './process.ts';

/** One line that was said, and by whom it must be heard, under which name. */
export interface Spoken {
  readonly by: string;
  readonly side: Person['side'];
  readonly text: string;
  readonly pair: Pair;
  readonly at: number;
  readonly listeners: readonly Person[];
}

/** What is wrong with what somebody heard; empty if all is well. */
export type Faults = string[];

export function roomOf(pair: Pair, person: Person): string {
  return person.side === 'xmpp' ? pair.xmpp : pair.matrix;
}

/** Waits until everybody who should has heard all of it, or the time is over: the verdict is `verify`'s. */
export async function settled(spoken: readonly Spoken[], ms: number): Promise<void> {
  const all = (): boolean =>
    spoken.every(({ text, pair, listeners }) =>
      listeners.every((person) => person.heard(roomOf(pair, person)).some((line) => line.text === text)),
    );
  await until('everybody has heard everything', all, { ms }).catch(() => {});
}

/** Every line seen once, by everybody, under the right name; lines of one side in the order in which that side saw them. */
export function verify(spoken: readonly Spoken[]): Faults {
  const faults: Faults = [];
  for (const { by, text, pair, listeners } of spoken) {
    for (const person of listeners) {
      const lines = person.heard(roomOf(pair, person)).filter((line) => line.text === text);
      if (lines.length !== 1) faults.push(`${person.name} saw “${text}” ${lines.length} times`);
      for (const line of lines)
        if (line.by !== by) faults.push(`${person.name} saw “${text}” under the name ${line.by} instead of ${by}`);
    }
  }
  return [...faults, ...disorder(spoken)];
}

function disorder(spoken: readonly Spoken[]): Faults {
  const faults: Faults = [];
  const groups = Map.groupBy(spoken, ({ pair, side }) => `${pair.xmpp} ${side}`);
  for (const group of groups.values()) {
    const first: Spoken | undefined = group[0];
    const witness = first?.listeners.find((person) => person.side === first.side);
    if (!first || !witness) continue;
    const order: ReadonlyMap<string, number> = new Map(
      witness.heard(roomOf(first.pair, witness)).map((line, n) => [line.text, n]),
    );
    const texts = new Set(group.map((one) => one.text));
    const listeners: ReadonlySet<Person> = new Set(group.flatMap((one) => one.listeners));
    for (const person of listeners) {
      const seen: readonly Line[] = person
        .heard(roomOf(first.pair, person))
        .filter((line) => texts.has(line.text) && order.has(line.text));
      const places: readonly number[] = seen.map((line) => order.get(line.text) ?? 0);
      const at = places.findIndex((place, n) => n > 0 && place < (places[n - 1] ?? 0));
      if (at !== -1) faults.push(`${person.name} saw “${seen[at]?.text}” out of order`);
    }
  }
  return faults;
}

/** Milliseconds from saying to seeing on the other side, of every line and every listener there. */
export function latencies(spoken: readonly Spoken[], from: Person['side']): number[] {
  return spoken
    .filter((one) => one.side === from)
    .flatMap(({ at, text, pair, listeners }) =>
      listeners
        .filter((person) => person.side !== from)
        .flatMap((person) => {
          const line = person.heard(roomOf(pair, person)).find((one) => one.text === text);
          return line ? [line.at - at] : [];
        }),
    )
    .sort((a, b) => a - b);
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** `count` lines by all who are here, each an equal share at his own pace, over all rooms. */
export async function manyLines(lab: Lab, count: number, said: (done: number) => void): Promise<Spoken[]> {
  const speakers: readonly Person[] = [...lab.xmpp, ...lab.matrix];
  const spoken: Spoken[] = [];
  const speak = async (person: Person, index: number): Promise<void> => {
    for (let n = index; n < count; n += speakers.length) {
      const pair = lab.pairs[Math.floor(n / speakers.length) % lab.pairs.length] as Pair;
      const text = `line ${n + 1} of ${count}`;
      const at = Date.now();
      await person.say(roomOf(pair, person), text);
      spoken.push({ by: person.name, side: person.side, text, pair, at, listeners: speakers });
      said(spoken.length);
    }
  };
  await Promise.all(speakers.map(speak));
  return spoken;
}
