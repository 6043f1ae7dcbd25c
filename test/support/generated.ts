import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Files that are written by a program and kept in the repository. `node test/support/generated.ts` fails when one is stale;
 * `--write` renews them.
 */
interface Generated {
  readonly file: string;
  /** Exist once the generator does; until then the file is reported as `not yet`. */
  readonly needs: readonly string[];
  /** Arguments to Node. `print`: what it prints is the file. `check`: it compares and renews by itself. */
  readonly print?: readonly string[];
  readonly check?: readonly string[];
  readonly write?: readonly string[];
}

/** Where a fresh build of src/ stands while we look: dist/ may be old, or in use. */
const build = `.cache/check-${process.pid}`;
const cli = `${build}/dist/cli.js`;
const schema = 'test/support/dump-schema.ts';

const table: readonly Generated[] = [
  { file: 'config/example.yaml', needs: ['src/config.ts', 'src/cli.ts'], print: [cli, 'config', 'example'] },
  { file: 'config/rialto.schema.json', needs: ['src/config.ts', 'src/cli.ts'], print: [cli, 'config', 'schema'] },
  { file: 'config/metrics.md', needs: ['src/ops/metrics-list.ts'], print: [cli, 'config', 'metrics'] },
  { file: 'migrations/schema.sql', needs: [schema], check: [schema, '--check'], write: [schema, '--write'] },
];

const node = (args: readonly string[]): string =>
  execFileSync(process.execPath, [...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
    timeout: 60_000,
  });

/** Beside the build stands what the program looks for beside dist/. */
function buildSource(): void {
  mkdirSync(build, { recursive: true });
  for (const name of ['package.json', 'migrations', 'config']) {
    if (existsSync(name)) symlinkSync(join('../..', name), join(build, name));
  }
  const swc = join(import.meta.dirname, '../../node_modules/.bin/swc');
  node([swc, 'src', '--config-file', '.swcrc', '--strip-leading-paths', '--quiet', '--out-dir', `${build}/dist`]);
}

/** What is wrong with one file, if anything. */
function stale({ file, print, check }: Generated): string | undefined {
  if (check !== undefined) {
    node(check);
    return undefined;
  }
  const fresh = node(print ?? []);
  if (!existsSync(file)) return `${file} is missing`;
  const kept = readFileSync(file, 'utf8');
  if (kept === fresh) return undefined;
  const lines = kept.split('\n');
  const line = fresh.split('\n').findIndex((text, at) => text !== lines[at]);
  return `${file}:${line < 0 ? lines.length : line + 1} is stale`;
}

function renew({ file, print, write }: Generated): void {
  const text = node(write ?? print ?? []);
  if (print !== undefined) writeFileSync(file, text);
}

function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const streams = 'stderr' in error && 'stdout' in error ? `${String(error.stdout)}${String(error.stderr)}` : '';
  return streams.trim() === '' ? error.message : streams.trim();
}

const missing = ({ needs }: Generated): string | undefined => needs.find((file) => !existsSync(file));

function complaint(entry: Generated, mode: 'check' | 'write'): string | undefined {
  try {
    if (mode === 'check') return stale(entry);
    renew(entry);
    return undefined;
  } catch (error) {
    return `${entry.file}: ${said(error)}`;
  }
}

function generated(mode: 'check' | 'write'): string[] {
  for (const entry of table) if (missing(entry)) console.log(`not yet: ${entry.file} (${missing(entry)} is to come)`);
  const ready = table.filter((entry) => missing(entry) === undefined);
  try {
    if (ready.some(({ print }) => print !== undefined)) buildSource();
    return ready.map((entry) => complaint(entry, mode)).filter((text) => text !== undefined);
  } catch (error) {
    return [`src/ cannot be built: ${said(error)}`];
  } finally {
    rmSync(build, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const complaints = generated(process.argv.includes('--write') ? 'write' : 'check');
  for (const complaint of complaints) console.log(complaint);
  if (complaints.length > 0) console.log('To renew: node test/support/generated.ts --write');
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
