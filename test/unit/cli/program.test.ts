import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { type Command, CommanderError } from 'commander';
import { endingOf } from '../../../src/cli/failure.ts';
import { wholeProgram } from '../../../src/cli/program.ts';
import { CommandError } from '../../../src/commands/registry.ts';
import { ConfigurationError } from '../../../src/networks/network.ts';

const folder = mkdtempSync(join(tmpdir(), 'rialto-program-'));
const file = join(folder, 'rialto.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs one command line in this process; what it prints and how it ends. */
async function rialto(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  // The completion speaks to the console.
  const logged = jest.spyOn(console, 'log').mockImplementation((text) => {
    out += `${text}\n`;
  });
  try {
    await wholeProgram().parseAsync(['--config', file, ...args], { from: 'user' });
    return { code: 0, out, err: '' };
  } catch (error) {
    const { code, text } = endingOf(error);
    return { code, out, err: text ?? '' };
  } finally {
    spy.mockRestore();
    logged.mockRestore();
  }
}

/** This command and all below it. */
function* within(command: Command): Generator<Command> {
  yield command;
  for (const inner of command.commands) yield* within(inner);
}

describe('the help', () => {
  test.each([...within(wholeProgram())].map((command) => ({ name: command.name(), command })))(
    'of $name fits 80 columns',
    ({ command }) => {
      let text = '';
      command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 80 }).outputHelp();
      expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
      expect(text).toContain('Usage: rialto');
      expect(text).not.toContain('\u001B');
    },
  );

  test('says what every command does', () => {
    const silent = [...within(wholeProgram())].filter((command) => command.description() === '' && command.name() !== 'complete');
    expect(silent.map((command) => command.name())).toEqual([]);
  });
});

describe('what is asked wrongly ends with 2 and one line', () => {
  test.each([
    [['lnik'], "rialto: unknown command 'lnik'; did you mean link? See --help\n"],
    [['link', '--seat', 'all', 'a', 'b'], "rialto: unknown option '--seat'; did you mean --seats? See --help\n"],
    [['link', 'one'], "rialto: missing required argument 'second'; see --help\n"],
    [['links', '--config'], "rialto: option '-c, --config <file>' argument missing; see --help\n"],
  ])('%j', async (args, err) => {
    expect(await rialto(...args)).toEqual({ code: 2, out: '', err });
  });
});

test.each([
  [new ConfigurationError('a.yaml:1: x\na.yaml:2: y'), { code: 2, text: 'rialto: a.yaml:1: x\nrialto: a.yaml:2: y\n' }],
  [new CommandError('no such room'), { code: 2, text: 'rialto: no such room\n' }],
  [new CommandError('not running', 'away'), { code: 3, text: 'rialto: not running\n' }],
  [new CommandError('banned', 'refused'), { code: 4, text: 'rialto: banned\n' }],
  [
    new TypeError('x is undefined'),
    { code: 1, text: 'rialto: unexpected: x is undefined; with RIALTO_LOG__LEVEL=debug it says where\n' },
  ],
  [new CommanderError(0, 'commander.version', '1'), { code: 0 }],
])('%p ends with %j', (error, ending) => {
  expect(endingOf(error)).toEqual(ending);
});

test('a bridge that does not run is said to be so', async () => {
  writeFileSync(file, 'version: 1\nnetworks: {}\n', { mode: 0o600 });
  expect(await rialto('links')).toEqual({
    code: 3,
    out: '',
    err: `rialto: Rialto is not running on ${folder}/data: start it with "rialto run"\n`,
  });
});

describe('config upgrade', () => {
  const old = '# Mine.\ndata: x # here\nnetworks: {}\n';

  test('shows what it would do, and does nothing', async () => {
    writeFileSync(file, old);
    const { code, out } = await rialto('config', 'upgrade');
    expect([code, out]).toEqual([
      0,
      `${file}: version 0 → 1\n\n+ version: 1\n  # Mine.\n  data: x # here\n  networks: {}\n\nnothing is written yet: --write does\n`,
    ]);
    expect(readFileSync(file, 'utf8')).toBe(old);
  });

  test('writes it, keeps its mode, and never loses a copy', async () => {
    writeFileSync(file, old);
    for (const name of [`${file}.bak`, `${file}.bak2`]) {
      writeFileSync(file, old);
      const { out } = await rialto('--json', 'config', 'upgrade', '--write');
      expect(JSON.parse(out)).toMatchObject({ from: 0, to: 1, written: true, backup: name });
      expect(readFileSync(name, 'utf8')).toBe(old);
    }
    expect(readFileSync(file, 'utf8')).toBe(`version: 1\n${old}`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await rialto('config', 'upgrade', '--write')).out).toBe(`${file} is of version 1: there is nothing to do\n`);
  });
});

test('a shell completes commands and options', async () => {
  expect((await rialto('complete', '--', 'li')).out).toMatch(/^link\tmake two rooms.*\nlinks\t/);
  for (const shell of ['bash', 'zsh', 'fish']) expect((await rialto('completion', shell)).out).toContain('rialto complete --');
});
