import { accepting } from './accepting.ts';
import { delivering } from './delivering.ts';
import { serving } from './serving.ts';
import type { View } from './tables.ts';

/** What one statement of a store does to the tables: the same arguments, the same rows. */
export interface Statement {
  /** Fits this one's text and no other, with single blanks. */
  readonly text: RegExp;
  /** `commit`: writes rows, and holds the leases until the end. `lease`: writes leases. */
  readonly locks: 'nothing' | 'rows' | 'commit' | 'lease';
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are what the statement makes of them; the honest test compares.
  run(view: View, values: readonly any[], now: number): readonly object[];
}

const all: readonly Statement[] = [...accepting, ...delivering, ...serving];
/** What the model was asked and did not know; the product takes it for a database that fails. */
export const unknown: string[] = [];
const known = new Map<string, Statement>();

/** Throws for a statement that is not known, or not only one. */
export function statementOf(text: string): Statement {
  const found = known.get(text);
  if (found) return found;
  const plain = text.replace(/\s+/g, ' ').trim();
  const fitting = all.filter((one) => one.text.test(plain));
  const [statement] = fitting;
  if (!statement || fitting.length > 1) {
    unknown.push(plain);
    throw new Error(`there are ${fitting.length} meanings of: ${plain}`);
  }
  known.set(text, statement);
  return statement;
}
