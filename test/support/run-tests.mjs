// Runs jest over the projects and ends with one line: N passed, N failed, N skipped.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const folder = mkdtempSync(join(tmpdir(), 'rialto-tests-'));
const total = { passed: 0, failed: 0, skipped: 0 };

/** One run of jest; what it counted is added to the total. Jest prints its JSON to a file and what people read to standard error. */
function run(...given) {
  const file = join(folder, 'result.json');
  rmSync(file, { force: true });
  const config = ['--config', join(root, 'test', 'jest.config.mjs'), '--json', `--outputFile=${file}`, '--passWithNoTests'];
  const argv = [...flags, jest, ...config, ...process.argv.slice(2), ...given];
  const { status } = spawnSync(process.execPath, argv, { cwd: root, stdio: ['inherit', 'ignore', 'inherit'] });
  try {
    count(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    process.stderr.write(`jest gave no result: ${error}\n`);
    total.failed += 1;
  }
  if (status !== 0 && total.failed === 0) total.failed = 1;
}

function count({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) {
  // A suite that could not even start has no failed tests of its own.
  const broken = testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0).length;
  total.passed += numPassedTests;
  total.failed += numFailedTests + broken;
  total.skipped += numPendingTests + numTodoTests;
  for (const suite of testResults) {
    for (const one of suite.assertionResults) {
      if (one.status === 'pending') process.stderr.write(`SKIPPED: ${one.fullName} (${suite.name})\n`);
    }
  }
}

// The real servers want the machine for themselves.
run('--maxWorkers=2', '--selectProjects', 'unit', 'contract', 'model', 'db', 'scenarios');
run('--runInBand', '--selectProjects', 'e2e');
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
