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

/**
 * One run of jest; what it counted is added to the total. Jest prints its JSON to a file and what people read to standard error.
 * A suite that Node itself took down (a fault in its memory, not a failed test: with many modules in `vm` it happens once in some
 * hundred runs) is run once more, and said so.
 */
function run(...given) {
  const fallen = attempt(given, true);
  if (fallen.length === 0) return;
  process.stderr.write(`\n!!! NODE CRASHED (SIGSEGV) UNDER, and these are run once more:\n${fallen.join('\n')}\n\n`);
  attempt(['--runInBand', '--runTestsByPath', ...fallen], false);
}

/** Gives the suites that are to be run again, and leaves them out of the count. */
function attempt(given, mayFall) {
  const file = join(folder, 'result.json');
  rmSync(file, { force: true });
  const config = ['--config', join(root, 'test', 'jest.config.mjs'), '--json', `--outputFile=${file}`, '--passWithNoTests'];
  const argv = [...flags, jest, ...config, ...process.argv.slice(2), ...given];
  const { status } = spawnSync(process.execPath, argv, { cwd: root, stdio: ['inherit', 'ignore', 'inherit'] });
  let fallen = [];
  try {
    const result = JSON.parse(readFileSync(file, 'utf8'));
    if (mayFall) fallen = result.testResults.filter(isFallen).map(({ name }) => name);
    count(result, fallen);
  } catch (error) {
    process.stderr.write(`jest gave no result: ${error}\n`);
    total.failed += 1;
  }
  if (status !== 0 && total.failed === 0 && fallen.length === 0) total.failed = 1;
  return fallen;
}

const isFallen = ({ assertionResults, message }) => assertionResults.length === 0 && message.includes('signal=SIGSEGV');

function count({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }, fallen) {
  // A suite that could not even start has no failed tests of its own.
  const broken = testResults.filter(
    ({ name, status, assertionResults }) => status === 'failed' && assertionResults.length === 0 && !fallen.includes(name),
  ).length;
  total.passed += numPassedTests;
  total.failed += numFailedTests + broken;
  total.skipped += numPendingTests + numTodoTests;
  for (const suite of testResults) {
    for (const one of suite.assertionResults) {
      if (one.status === 'pending') process.stderr.write(`SKIPPED: ${one.fullName} (${suite.name})\n`);
    }
  }
}

run('--maxWorkers=2', '--selectProjects', 'unit', 'contract', 'model', 'db', 'scenarios');
run('--maxWorkers=2', '--selectProjects', 'e2e');
run('--runInBand', '--selectProjects', 'alone');
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
