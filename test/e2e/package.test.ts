import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { node, root } from '../lab/paths.ts';
import { freePort, until } from '../lab/process.ts';

const folder = mkdtempSync(join(tmpdir(), 'rialto-package-'));
const home = join(folder, 'home');
const bin = join(home, 'node_modules', 'rialto', 'dist', 'bin.js');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(command: string, args: readonly string[], cwd: string): Result {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 });
  return { code: status, out: stdout ?? '', err: stderr ?? '' };
}

/** The package as npm makes it of the build that is there, installed where nothing else is. */
function install(): Result {
  mkdirSync(home);
  const packed = run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], root);
  if (packed.code !== 0) return packed;
  const tarball = join(folder, packed.out.trim().split('\n').at(-1) ?? '');
  // Without the 190 MB of Node, which is here already.
  const given = ['install', '--prefer-offline', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', tarball];
  return run('npm', given, home);
}

const installed = install();
const why = installed.code === 0 ? undefined : installed.err.trim().split('\n').at(-1);
if (why !== undefined && process.env.CI === 'true') throw new Error(`the package cannot be installed: ${installed.err}`);
if (why !== undefined) process.stderr.write(`\nSKIPPED: the package: ${why}\n`);

(why === undefined ? describe : describe.skip)('the package, installed in an empty folder', () => {
  const rialto = (...args: string[]): Result => run(node, [bin, ...args], home);

  test('has the stub where the native crypto would be, and nothing of ours that is not used', () => {
    const crypto = [
      'rialto/node_modules/',
      '',
      '@vector-im/matrix-bot-sdk/node_modules/',
      'rialto/node_modules/@vector-im/matrix-bot-sdk/node_modules/',
    ];
    const found = crypto.filter((at) => existsSync(join(home, 'node_modules', at, '@matrix-org/matrix-sdk-crypto-nodejs')));
    expect(found).toEqual(['rialto/node_modules/']);
    for (const name of ['src', 'test', '.ci']) expect(existsSync(join(home, 'node_modules', 'rialto', name))).toBe(false);
  });

  test('says what there is', () => {
    expect(rialto('--help')).toMatchObject({ code: 0, out: expect.stringContaining('Usage: rialto'), err: '' });
    expect(rialto('config', 'example')).toMatchObject({ code: 0, out: expect.stringContaining('networks:') });
    expect(rialto('status')).toMatchObject({ code: 2, err: expect.stringContaining('make one with "rialto init"') });
  });

  test('asks at a terminal for what it was not told, again for what is wrong', async () => {
    if (!existsSync('/usr/bin/script')) return void process.stderr.write('\nSKIPPED: there is no script(1) to make a terminal\n');
    const out = join(folder, 'asked');
    const command = `stty cols 80 rows 24; ${node} ${bin} init --out ${out} --matrix-domain example.org`;
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { cwd: home });
    const ended = new Promise((resolve) => child.on('close', resolve));
    let seen = '';
    child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    const answer = async (question: string, keys: string): Promise<void> => {
      await until(`it asks: ${question}`, () => seen.includes(question));
      seen = '';
      child.stdin.write(keys);
    };
    try {
      await answer('xmpp service', '\r');
      await answer('xmpp domain', 'Bridge\r');
      await answer('a domain in lower case', '\u0015bridge.example.org\r');
      await answer('matrix homeserver', '\r');
      expect(await ended).toBe(0);
    } finally {
      child.kill();
    }
    expect(readFileSync(join(out, 'prosody.cfg.lua'), 'utf8')).toContain('Component "bridge.example.org"');
  }, 60_000);

  describe('with a configuration of init', () => {
    let url: string;
    beforeAll(async () => {
      const port = String(await freePort());
      url = `http://127.0.0.1:${port}`;
      const keys = ['--http-port', port, '--xmpp-domain', 'bridge.example.org', '--matrix-domain', 'example.org'];
      const away = ['--xmpp-service', 'xmpp://127.0.0.1:1', '--matrix-homeserver', 'http://127.0.0.1:1'];
      expect(rialto('init', ...keys, ...away)).toMatchObject({ code: 0, err: '' });
    });

    test('serves, with nothing but its own contents, until it is told to stop', async () => {
      const child = spawn(node, [bin, 'run'], { cwd: home, stdio: 'ignore', env: { ...process.env, DATABASE_URL: undefined } });
      const ended = new Promise((resolve) => child.on('close', resolve));
      try {
        const waits = async (): Promise<boolean> => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 503;
        await until('it waits for its servers', waits, { ms: 60_000 });
        await until('it can be asked', () => rialto('status').code === 0);
      } finally {
        child.kill('SIGTERM');
      }
      expect(await ended).toBe(0);
    }, 120_000);
  });
});

test('on an older Node it goes on with the one that comes with it', () => {
  const old = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
    return existsSync(path) && Number.parseInt(run(path, ['-p', 'process.versions.node'], root).out, 10) < 24;
  });
  const own = join(root, 'node_modules', '.bin', 'node');
  if (old === undefined || !existsSync(own)) return void process.stderr.write('\nSKIPPED: there is no older Node here\n');
  const result = run(old, [join(root, 'dist', 'bin.js'), 'links', 'too', 'many'], root);
  expect(result).toEqual({ code: 2, out: '', err: expect.stringMatching(/^rialto: too many arguments/) });
});
