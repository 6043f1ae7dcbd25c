import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Files that are written by a program and kept in the repository. `node test/support/generated.ts` fails when one is stale;
 * `--write` renews them.
 */
interface Generated {
  readonly file: string;
  /** Exists once the generator does; until then the line is reported as `not yet`. */
  readonly needs: string;
  /** Arguments to Node. `print`: what it prints is the file. `check`: it compares and renews by itself. */
  readonly print?: readonly string[];
  readonly check?: readonly string[];
  readonly write?: readonly string[];
}

/** Where a fresh build of src/ stands while we look: dist/ may be old, or in use. */
const build = '.cache/check';
const cli = `${build}/dist/cli.js`;
const schema = 'test/support/dump-schema.ts';

const table: readonly Generated[] = [
  { file: 'config/example.yaml', needs: 'src/config.ts', print: [cli, 'config', 'example'] },
  { file: 'config/rialto.schema.json', needs: 'src/config.ts', print: [cli, 'config', 'schema'] },
  { file: 'migrations/schema.sql', needs: schema, check: [schema, '--check'], write: [schema] },
];

const node = (args: readonly string[]): string =>
  execFileSync(process.execPath, [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });

/** Beside the build stands what the program looks for beside dist/. */
function buildSource(): void {
  rmSync(build, { recursive: true, force: true });
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
  const kept = readFileSync(file, 'utf8').split('\n');
  const line = fresh.split('\n').findIndex((text, at) => text !== kept[at]);
  return line < 0 && kept.length === fresh.split('\n').length ? undefined : `${file}:${line + 1} is stale`;
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

export function generated(mode: 'check' | 'write'): string[] {
  const ready = table.filter(({ needs }) => existsSync(needs));
  for (const { file, needs } of table) if (!existsSync(needs)) console.log(`not yet: ${file} (${needs} is to come)`);
  const complaints: string[] = [];
  try {
    if (ready.some(({ print }) => print !== undefined)) buildSource();
  } catch (error) {
    return [`src/ cannot be built: ${said(error)}`];
  }
  for (const entry of ready) {
    try {
      const complaint = mode === 'write' ? renew(entry) : stale(entry);
      if (typeof complaint === 'string') complaints.push(complaint);
    } catch (error) {
      complaints.push(`${entry.file}: ${said(error)}`);
    }
  }
  return complaints;
}

if (import.meta.main) {
  const complaints = generated(process.argv.includes('--write') ? 'write' : 'check');
  for (const complaint of complaints) console.log(complaint);
  if (complaints.length > 0) console.log('To renew: node test/support/generated.ts --write');
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
