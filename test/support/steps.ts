import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** One line of `npm run check`. */
export interface Step {
  readonly name: string;
  /** Arguments to this Node; the first is a script, relative to the tree or to this installation. */
  readonly run: readonly string[];
}

export interface Verdict {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly output: string;
}

export const home = join(import.meta.dirname, '../..');
const tool = (name: string): string => join(home, 'node_modules/.bin', name);
const own = (name: string): string => join(import.meta.dirname, name);
const jest = (project: string): readonly string[] => [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(home, 'node_modules/jest/bin/jest.js'),
  '--config=test/jest.config.mjs',
  '--passWithNoTests',
  '--maxWorkers=2',
  '--selectProjects',
  project,
];

/** Independent of each other, under 15 s together on two cores; printed in this order. */
export const fastSteps: readonly Step[] = [
  { name: 'biome', run: [tool('biome'), 'check', '--error-on-warnings', '--max-diagnostics=60', '.'] },
  { name: 'types', run: [tool('tsc'), '--noEmit', '--project', 'tsconfig.json'] },
  { name: 'imports', run: [tool('depcruise'), '--config', '.dependency-cruiser.mjs', '--output-type', 'err-long', 'src'] },
  { name: 'dead code', run: [tool('knip'), '--config', '.knip.jsonc', '--no-progress'] },
  { name: 'generated', run: [own('generated.ts')] },
  { name: 'house', run: [own('house.ts')] },
];

/** One after the other, and only when the fast ones pass: they use both cores themselves. */
export const testSteps: readonly Step[] = ['unit', 'contract'].map((name) => ({
  name,
  run: jest(name),
}));

/** Runs a step over the tree at `root`; never throws. */
export function runStep(step: Step, root: string): Promise<Verdict> {
  const started = performance.now();
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const chunks: Buffer[] = [];
  const child = spawn(process.execPath, [...step.run], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env } });
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const end = (passed: boolean, note = ''): void => {
    const output = Buffer.concat(chunks).toString('utf8') + note;
    resolve({ name: step.name, passed, seconds: (performance.now() - started) / 1000, output });
  };
  child.on('error', (error) => end(false, error.message));
  child.on('close', (code) => end(code === 0));
  return promise;
}
