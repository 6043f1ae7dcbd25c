#!/usr/bin/env node
// What is installed as `rialto`. It runs on whatever Node the machine has, so it uses nothing that an old one lacks, and loads the
// program only on one that is new enough: this one, or the one that comes with the package.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;

if (Number.parseInt(process.versions.node, 10) >= NEEDED) await import('./cli.ts');
else become(ownNode());

interface Manifest {
  readonly bin?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

function manifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}

/** The Node among the optional dependencies: npm installs the one of this platform. */
function ownNode(): string | undefined {
  const { resolve } = createRequire(import.meta.url);
  const { optionalDependencies = {} } = manifest(fileURLToPath(new URL('../package.json', import.meta.url)));
  for (const name of Object.keys(optionalDependencies)) {
    try {
      const file = resolve(`${name}/package.json`);
      const { node } = manifest(file).bin ?? {};
      if (node !== undefined && existsSync(join(dirname(file), node))) return join(dirname(file), node);
    } catch {
      // Not of this platform.
    }
  }
  return undefined;
}

/** Ends as the child ends, and passes signals on; Ctrl-C reaches a child in the same terminal by itself. */
function become(node: string | undefined): void {
  if (node === undefined) {
    process.stderr.write(`rialto: Node ${NEEDED} or newer is needed, this is ${process.versions.node}; install a newer one\n`);
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
}
