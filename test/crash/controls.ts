import type { Account } from './ledger.ts';

interface Control {
  /** What brings the missing promise to light. */
  readonly faults: readonly string[];
  /** What people see then, in a class for which the design promises that they do not. */
  readonly symptoms: readonly ('lost' | 'doubled' | 'reordered')[];
  readonly meaning: string;
}

const controls: Readonly<Record<string, Control>> = {
  // With the rooms' history to read, what was lost so is found again.
  'ack-early': { faults: ['kill-blind'], symptoms: ['lost'], meaning: 'acknowledged before it was stored' },
  'no-dedupe': { faults: ['kill'], symptoms: ['doubled'], meaning: 'repeats were taken for new lines' },
  'new-txn-id': { faults: ['kill-blind'], symptoms: ['doubled'], meaning: 'sent again under another transaction id' },
  'skip-mam': { faults: ['kill'], symptoms: ['lost'], meaning: 'the archive was not asked' },
  'two-owners': { faults: ['pause'], symptoms: ['lost', 'doubled', 'reordered'], meaning: 'two processes served one network' },
};

export const controlNames = Object.keys(controls);

export function controlOf(sabotage: string): Control {
  const control = controls[sabotage];
  if (!control) throw new Error(`there is no sabotage ${sabotage}: ${controlNames.join(', ')}`);
  return control;
}

/** Says whether the sabotage was seen by its own symptom; the exit code. */
export function found(kept: readonly Account[], sabotage: string): number {
  const { symptoms, meaning } = controlOf(sabotage);
  const seen = symptoms.map((symptom) => [symptom, kept.reduce((sum, one) => sum + one[symptom], 0)] as const);
  const isFound = seen.some(([, n]) => n > 0);
  const told = seen.map(([symptom, n]) => `${n} ${symptom}`).join(', ');
  console.log(`${isFound ? '✓' : '✗'} ${sabotage} was ${isFound ? 'found' : 'not found'} (${meaning}): ${told}`);
  return isFound ? 0 : 1;
}
