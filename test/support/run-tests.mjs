// Runs jest over the projects and ends with one line: N passed, N failed, N skipped.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'rialto-tests-'));
const result = join(folder, 'result.json');
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const given = ['--config', join(root, 'test', 'jest.config.mjs'), '--json', `--outputFile=${result}`, ...process.argv.slice(2)];
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

// Jest prints its JSON on standard output and what people read on standard error.
const { status } = spawnSync(process.execPath, [...flags, jest, ...given], {
  cwd: root,
  stdio: ['inherit', 'ignore', 'inherit'],
});
let code = status ?? 1;
try {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(result, 'utf8'));
  // A suite that could not even start has no failed tests of its own.
  const broken = testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0).length;
  const skipped = numPendingTests + numTodoTests;
  for (const suite of testResults) {
    for (const one of suite.assertionResults) {
      if (one.status === 'pending') process.stderr.write(`SKIPPED: ${one.fullName} (${suite.name})\n`);
    }
  }
  if (numPassedTests === 0 || numFailedTests + broken > 0) code = code || 1;
  process.stdout.write(`${numPassedTests} passed, ${numFailedTests + broken} failed, ${skipped} skipped\n`);
} catch {
  process.stdout.write('0 passed, 1 failed, 0 skipped\n');
  code = code || 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = code;
