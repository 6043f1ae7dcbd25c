import type { Person, Pidf, UserInput } from './pidf.ts';
import { timestampAfter } from './timestamp.ts';

export interface Publishing {
  /** Milliseconds of Unix time. */
  readonly now: number;
  /** The timestamp of the document before this one. */
  readonly before?: string;
  /** RFC 4480 §3.14: the user does not want it known when he touched his device. */
  readonly hidesLastInput?: boolean;
}

/** A document as it may go out: with a timestamp of its own in every tuple (RFC 3863 §4.1.7), without what the user hides. */
export function published(
  document: Pidf,
  { now, before, hidesLastInput = false }: Publishing,
): { pidf: Pidf; timestamp: string } {
  const timestamp = timestampAfter(before, now);
  const { tuples, persons } = document;
  const pidf: Pidf = {
    ...document,
    ...(tuples && { tuples: tuples.map((tuple) => ({ ...tuple, timestamp })) }),
    ...(persons && hidesLastInput && { persons: persons.map(withoutLastInput) }),
  };
  return { pidf, timestamp };
}

function withoutLastInput(person: Person): Person {
  if (person.userInput === undefined) return person;
  const { lastInput: _, ...userInput }: UserInput = person.userInput;
  return { ...person, userInput };
}
