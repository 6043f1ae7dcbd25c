import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Embedded } from '../../../src/database/embedded.ts';
import type { Bench, Fault } from './bench.ts';

/** Each of these is one text in the place of another in the file. */
const written: readonly (readonly [string, string, RegExp, string])[] = [
  ['a key that is misspelt', 'config-unknown-key', /homeserver:/, 'homeserverr:'],
  ['the placeholder of the example', 'config-placeholder', /secret: .*/, 'secret: CHANGE-ME-CHANGE-ME'],
  ['a key that is missing', 'config-missing', /^ +hsToken: .*\n/m, ''],
  ['a secret that is too short', 'config-invalid', /secret: .*/, 'secret: short'],
  ['a file that is no YAML', 'config-invalid', /networks:/, 'networks: [}'],
];

/** The file itself: these need no server, and no room is asked. */
export const fileFaults: readonly (Omit<Fault, 'config' | 'breaks'> & { check(bench: Bench): ReturnType<Bench['check']> })[] = [
  ...written.map(([name, code, what, instead]) => ({
    name,
    code,
    check: (bench: Bench) => bench.checkText(textOf(bench).replace(what, instead)),
  })),
  {
    name: 'no configuration file',
    code: 'config-unreadable',
    check: (bench) => bench.checkFile(join(bench.folder, 'nowhere.yaml')),
  },
  { name: 'a configuration that all can read', code: 'config-public', check: (bench) => bench.checkText(textOf(bench), 0o644) },
];

function textOf(bench: Bench): string {
  return `version: 1\n${Object.entries(bench.config)
    .filter(([key]) => key !== 'version')
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join('\n')}`.replace(/networks: (.*)$/, (_, networks: string) => `networks:\n${inLines(JSON.parse(networks))}`);
}

function inLines(networks: Record<string, Record<string, string>>): string {
  const lines = Object.entries(networks).flatMap(([name, part]) => [
    `  ${name}:`,
    ...Object.entries(part).map(([key, value]) => `    ${key}: ${value}`),
  ]);
  return `${lines.join('\n')}\n`;
}

/** The data folder, and our port. */
export const placeFaults: readonly Fault[] = [
  {
    name: 'data folder read-only',
    code: 'data-not-writable',
    breaks: async (bench) => mode(bench.config.data, 0o500),
  },
  {
    name: 'data folder open to everybody',
    code: 'data-public',
    breaks: async (bench) => mode(bench.config.data, 0o755),
  },
  {
    name: 'data folder is a file',
    code: 'data-no-folder',
    config: (config, bench) => {
      config.data = join(bench.folder, 'a-file');
      writeFileSync(config.data, '');
    },
  },
  {
    name: 'embedded database in use by a process that does not answer',
    code: 'data-locked',
    config: embedded,
    breaks: async (bench) => {
      const open = await Embedded.open({ folder: join(embeddedIn(bench), 'database') });
      return () => open.close();
    },
  },
  {
    name: 'embedded database damaged',
    code: 'database-broken',
    config: (config, bench) => {
      config.database = {};
      config.data = join(bench.folder, 'damaged');
    },
    breaks: async (bench) => {
      const folder = join(bench.folder, 'damaged');
      cpSync(embeddedIn(bench), folder, { recursive: true });
      chmodSync(folder, 0o700);
      rmSync(join(folder, 'database', 'cluster', 'global'), { recursive: true });
      return () => rmSync(folder, { recursive: true });
    },
  },
  {
    name: 'HTTP port taken by another program',
    code: 'http-port',
    breaks: async (bench) => {
      const other = createServer().listen(bench.config.http.port, '127.0.0.1');
      await new Promise((done) => other.once('listening', done));
      return () => other.close();
    },
  },
  {
    name: 'HTTP address that is not of this machine',
    code: 'http-port',
    config: (config) => {
      config.http.host = '192.0.2.1';
    },
  },
];

function mode(folder: string, wanted: number): () => void {
  chmodSync(folder, wanted);
  return () => chmodSync(folder, 0o700);
}

const embeddedIn = (bench: Bench): string => join(bench.folder, 'embedded');

function embedded(config: Bench['config'], bench: Bench): void {
  config.database = {};
  config.data = embeddedIn(bench);
}

/** An embedded database, beside the Postgres that the set-up has. */
export async function makeEmbedded(bench: Bench): Promise<void> {
  mkdirSync(embeddedIn(bench), { mode: 0o700 });
  await (await Embedded.open({ folder: join(embeddedIn(bench), 'database') })).close();
}
