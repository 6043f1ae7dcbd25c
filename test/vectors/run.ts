import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { kinds } from './kinds/table.ts';
import { readVectors, type Vector } from './vector.ts';
import { type Verdict, verdict } from './verdict.ts';

const usage = `vectors [--kind KIND]… [FILE …]
  --kind   only vectors of this kind; may be repeated
  FILE     files in the format of test/vectors/README.md; without one, test/vectors/cpim-vectors.json`;

type Count = Record<Verdict['is'], number>;

function main(): number {
  const { values, positionals } = parseArgs({
    options: { kind: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  // npm changes into the root; a file is meant from where it was named.
  const here = process.env.INIT_CWD ?? process.cwd();
  const paths =
    positionals.length > 0 ? positionals.map((path) => resolve(here, path)) : [join(import.meta.dirname, 'cpim-vectors.json')];
  const wanted = ({ kind }: Vector): boolean => values.kind === undefined || values.kind.includes(kind);
  const counts = new Map<string, Count>();
  for (const vector of paths.flatMap(readVectors).filter(wanted)) {
    const result = verdict(vector, kinds);
    if (result.is === 'failed') console.log(`✗ ${vector.kind} ${vector.id}: ${result.text}`);
    if (result.is === 'skipped') console.log(`- ${vector.kind} ${vector.id}: needs ${vector.needs}`);
    const count = counts.get(vector.kind) ?? { passed: 0, failed: 0, skipped: 0 };
    count[result.is]++;
    counts.set(vector.kind, count);
  }
  return report(counts);
}

/** The counts as a table, and their sum. Nothing to run is a failure. */
function report(counts: ReadonlyMap<string, Count>): number {
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  const row = (kind: string, ...cells: readonly (string | number)[]): string =>
    kind.padEnd(24) + cells.map((cell) => String(cell).padStart(8)).join('');
  console.log(`\n${row('kind', 'passed', 'failed', 'skipped')}`);
  for (const [kind, { passed, failed, skipped }] of counts) {
    console.log(row(kind, passed, failed, skipped));
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

process.exitCode = main();
