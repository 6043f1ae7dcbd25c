import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { addInit } from '../../../src/cli/setup/init.ts';
import { Terminal } from '../../../src/cli/terminal.ts';
import { readConfig } from '../../../src/config.ts';

const enough = ['--xmpp-domain', 'bridge.example.org', '--matrix-domain', 'example.org'];
const names = ['ejabberd.yml', 'prosody.cfg.lua', 'registration.yaml', 'rialto.yaml', 'synapse.yaml'];
let parent: string;
let out: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'rialto-init-'));
  out = join(parent, 'new', 'folder');
});
afterEach(() => rmSync(parent, { recursive: true }));

/** Runs init without a terminal; what it answers. */
async function init(...args: string[]): Promise<{ files: { path: string; what: string }[] }> {
  let answer: unknown;
  class Heard extends Terminal {
    override say(result: unknown): void {
      answer = result;
    }
  }
  const program = new Command('rialto').exitOverride().configureOutput({ writeErr: () => {} });
  addInit(program, new Heard(() => ({ config: 'rialto.yaml', json: true })));
  await program.parseAsync(['init', '--out', out, ...args], { from: 'user' });
  return answer as { files: { path: string; what: string }[] };
}

const read = (name: string): string => readFileSync(join(out, name), 'utf8');

test('two domains are enough for a configuration that nothing is wrong with', async () => {
  const { files } = await init(...enough);
  expect(files.map(({ path }) => path).sort()).toEqual(names.map((name) => join(out, name)));
  expect(readdirSync(out).sort()).toEqual(names);
  for (const name of names) expect(statSync(join(out, name)).mode & 0o777).toBe(0o600);
  const warnings: string[] = [];
  const config = readConfig(join(out, 'rialto.yaml'), { environment: {}, warn: (text) => warnings.push(text) });
  expect(warnings).toEqual([]);
  expect(config).toMatchObject({
    data: join(out, 'data'),
    networks: {
      xmpp: { service: 'xmpp://127.0.0.1:5347', domain: 'bridge.example.org', secret: expect.stringMatching(/^[0-9a-f]{64}$/) },
      matrix: { homeserver: 'http://127.0.0.1:8008', domain: 'example.org' },
    },
  });
});

test('each server is given the secrets of the configuration, and every one is another', async () => {
  await init(...enough);
  const secrets = [...read('rialto.yaml').matchAll(/^ +(?:secret|asToken|hsToken): "([0-9a-f]+)"$/gm)].map(
    ([, secret]) => secret ?? '',
  );
  expect(new Set(secrets).size).toBe(3);
  const [secret = '', asToken = '', hsToken = ''] = secrets;
  expect(read('prosody.cfg.lua')).toContain(`Component "bridge.example.org"\n  component_secret = "${secret}"`);
  expect(read('ejabberd.yml')).toContain(`"bridge.example.org":\n        password: "${secret}"`);
  expect(read('registration.yaml')).toContain(`as_token: "${asToken}"\nhs_token: "${hsToken}"`);
  expect(read('synapse.yaml')).toMatch(/^app_service_config_files:\n {2}- \//m);
});

test('every key can be given', async () => {
  await init(
    ...enough,
    '--http-port',
    '9999',
    '--http-url',
    'http://rialto:9999',
    '--data',
    '/srv/r',
    '--matrix-ghost-prefix',
    'ghost_',
    '--xmpp-max-stanza',
    '20000',
  );
  expect(readConfig(join(out, 'rialto.yaml'), { environment: {} })).toMatchObject({
    data: '/srv/r',
    http: { port: 9999 },
    networks: { matrix: { ghostPrefix: 'ghost_' }, xmpp: { maxStanza: 20_000 } },
  });
  expect(read('registration.yaml')).toContain('url: "http://rialto:9999"');
});

test.each([
  ['what is missing', ['--xmpp-domain', 'bridge.example.org'], 'nobody can be asked here: give --matrix-domain'],
  [
    'what is wrong',
    [...enough, '--matrix-homeserver', 'localhost'],
    '--matrix-homeserver: must be a URL such as http://127.0.0.1:8008',
  ],
  [
    'all that is wrong',
    [...enough, '--http-port', 'many', '--xmpp-nick', ''],
    '--xmpp-nick: is missing\n--http-port: must be a number',
  ],
])('says %s, and writes nothing', async (_what, args, expected) => {
  await expect(init(...args)).rejects.toThrow(new Error(expected));
  expect(existsSync(out)).toBe(false);
});

test.each(['rialto.yaml', 'registration.yaml'])('never writes over a file that is there: %s', async (name) => {
  out = parent;
  writeFileSync(join(parent, name), 'mine');
  await expect(init(...enough)).rejects.toThrow(`${join(parent, name)}: there already`);
  expect(readdirSync(parent)).toEqual([name]);
  expect(read(name)).toBe('mine');
});
