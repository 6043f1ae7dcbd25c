import type { Compare } from '../compare.ts';
import type { ErrorClass, Profile } from '../vector.ts';

/**
 * How one kind of vector is run: a call of the product, and how its answer is compared. `run` holds no rule of its own. It throws
 * an error whose `kind` is the class of the refusal.
 */
export interface Kind {
  run(input: never, profile: Profile): unknown;
  readonly compare: Compare;
}

export type Kinds = Readonly<Record<string, Kind>>;

/** For a function of the product that answers with undefined what it refuses. */
class Refused extends Error {
  constructor(readonly kind: ErrorClass) {
    super(kind);
  }
}

/** What was given, or a refusal of this class where nothing was. */
export function given<T>(value: T | undefined, otherwise: ErrorClass = 'malformed'): T {
  if (value === undefined) throw new Refused(otherwise);
  return value;
}
