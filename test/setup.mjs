// Sets everything up on a fresh clone and does one of the tasks below. Plain JavaScript without dependencies, because it runs
// before they are there, on whatever Node (20 or newer) the machine has.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const [task = '', ...args] = process.argv.slice(2);

function give(message) {
  process.stderr.write(`rialto: ${message}\n`);
  process.exit(1);
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Runs `work` unless the stamp says that it was done for these very contents. */
function unlessDone(stamp, hash, what, work) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  const started = Date.now();
  process.stderr.write(`· ${what} …\n`);
  work();
  writeFileSync(stamp, hash);
  process.stderr.write(`· ${what}: ${seconds(started)}\n`);
}

function run(command, given, failure) {
  const { status, stdout, stderr, error } = spawnSync(command, given, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) give(`${failure}\n${error ? error.message : ''}${stdout ?? ''}${stderr ?? ''}`);
}

function install() {
  const lock = hashOf([join(root, 'package-lock.json'), join(root, 'package.json')]);
  unlessDone(join(modules, '.rialto-installed'), lock, 'installing dependencies (about a minute, once)', () => {
    // No package of ours needs its install script, and one of them would download a binary.
    run(
      'npm',
      ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'],
      'the dependencies cannot be installed: is there a network, and npm?',
    );
  });
}

function node24() {
  const own = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return give('there is no Node 24 for this platform in the dependencies: install Node 24 or newer');
}

function build() {
  const sources = [...filesIn(join(root, 'src')), join(root, '.swcrc'), join(root, 'nest-cli.json'), join(root, 'tsconfig.json')];
  const stamp = join(root, 'dist', '.rialto-built');
  unlessDone(stamp, hashOf(sources), 'building', () => run('npx', ['--no-install', 'nest', 'build'], 'the build failed'));
}

/** Ends as the child ends, and passes signals on: a child in the same terminal gets Ctrl-C by itself. */
function become(given, env = {}) {
  // By TEST_OF_RIALTO_SETUP a child knows us: it ends when we are killed and cannot tell it.
  const told = { ...process.env, ...env, TEST_OF_RIALTO_SETUP: String(process.pid) };
  const child = spawn(node24(), given, { cwd: root, stdio: 'inherit', env: told });
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

/** The servers that the tests need; without them their tests are skipped loudly, or fail on CI. */
function prepare(...servers) {
  const given = [join(root, 'test', 'lab', 'prepare.ts'), ...servers];
  const { status } = spawnSync(node24(), given, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

// For programs that use the product's own files as they are: some of them have syntax that Node must transform.
const fromSources = ['--disable-warning=ExperimentalWarning', '--experimental-transform-types'];

const tasks = {
  demo: () => become(['--disable-warning=ExperimentalWarning', join(root, 'test', 'lab', 'demo.ts'), ...args]),
  test: () => {
    prepare('prosody', 'ejabberd', 'synapse', 'postgres');
    become([join(root, 'test', 'support', 'run-tests.mjs'), ...args]);
  },
  check: () => {
    prepare('postgres');
    become(['--disable-warning=ExperimentalWarning', join(root, 'test', 'support', 'check.ts'), ...args]);
  },
  vectors: () => become([...fromSources, join(root, 'test', 'vectors', 'run.ts'), ...args]),
  fuzz: () => become([...fromSources, join(root, 'test', 'fuzz', 'run.ts'), ...args]),
  model: () => become([...fromSources, join(root, 'test', 'model', 'run.ts'), ...args]),
  crash: () => {
    prepare('prosody', 'ejabberd', 'postgres');
    become([...fromSources, join(root, 'test', 'crash', 'crash.ts'), ...args]);
  },
  bench: () => {
    if (args[0] === 'delivery') prepare('prosody', 'postgres');
    become([...fromSources, join(root, 'test', 'bench', 'run.ts'), ...args]);
  },
};

if (!tasks[task]) give(`usage: node test/setup.mjs ${Object.keys(tasks).join('|')} [arguments]`);
if (Number(process.versions.node.split('.')[0]) < 20) give(`Node ${process.versions.node} is too old: install Node 20 or newer`);
if (existsSync(modules) && !statSync(modules).isDirectory()) give('node_modules is no folder: remove it');
install();
build();
tasks[task]();
