import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { cancel, intro, isCancel, log, outro, text } from '@clack/prompts';
import { type Command, Option } from 'commander';
import { CommandError } from '../../commands/registry.ts';
import { annotated, secretNote } from '../../config/example.ts';
import { isSection, type Section, schemaOf } from '../../config/schema.ts';
import { newest } from '../../config/upgrade.ts';
import { wrap } from '../../config/wrap.ts';
import { type Config, configSchema } from '../../config.ts';
import type { Protocol } from '../../networks/network.ts';
import { protocols } from '../../networks/registry.ts';
import type { Terminal } from '../terminal.ts';
import { snippets } from './configuration.ts';
import { generalQuestions, planted, type Question, questionsOf } from './questions.ts';

const CONFIG = 'rialto.yaml';
/** Whoever knows one of these may speak for everybody: 256 bits. */
const SECRET_OCTETS = 32;
const WIDTH = 80;
/** What the prompts draw on the left. */
const BAR = 3;

interface File {
  readonly path: string;
  readonly what: string;
  readonly text: string;
}

/** `init`: a configuration with its secrets, and what goes into each server, from a few answers. */
export function addInit(program: Command, terminal: Terminal): void {
  const general = generalQuestions();
  const networks = protocols.map((protocol) => ({ protocol, questions: questionsOf(protocol) }));
  const command = program
    .command('init')
    .description('make a configuration, its secrets, and what goes into each server')
    .option('--out <dir>', 'the folder to write to; made if it is not there', '.');
  for (const { protocol, questions } of networks) addFlags(command, questions, `Network ${protocol.name}:`);
  addFlags(command, general, 'Other keys:');
  command.action(async (options: Record<string, string>) => {
    const all = [...networks.flatMap(({ questions }) => questions), ...general];
    const given = new Map<Question, string>();
    for (const question of all) {
      const answer = options[option(question).attributeName()];
      if (answer !== undefined) given.set(question, answer);
    }
    const folder = options.out ?? '.';
    // Before the questions: whoever has answered them wants the files.
    refuseToOverwrite([join(folder, CONFIG)]);
    const answers = await complete(given, all, terminal);
    const files = kit(folder, planted(answers), networks);
    refuseToOverwrite(files.map(({ path }) => path));
    write(folder, files);
    terminal.say({ files: files.map(({ path, what }) => ({ path: resolve(path), what })) }, () => summary(folder, files));
  });
}

function option(question: Question): Option {
  return new Option(
    `--${question.flag} <value>`,
    question.text + (question.suggestion ? ` (default: ${question.suggestion})` : ''),
  );
}

function addFlags(command: Command, questions: readonly Question[], group: string): void {
  for (const question of questions) command.addOption(option(question).helpGroup(group));
}

/** The answers that were given, and those that are still needed: asked for at a terminal. Rejects if they cannot be had, or are wrong. */
async function complete(
  given: Map<Question, string>,
  all: readonly Question[],
  terminal: Terminal,
): Promise<Map<Question, string>> {
  const wrong = [...given].flatMap(([question, answer]) => {
    const fault = question.fault(answer);
    return fault ? [`--${question.flag}: ${fault}`] : [];
  });
  if (wrong.length > 0) throw new CommandError(wrong.join('\n'));
  const missing = all.filter((question) => question.isRequired && !given.has(question));
  const answers = new Map(given);
  if (missing.some(({ suggestion }) => suggestion === undefined) && terminal.isInteractive) {
    intro('rialto init: a few questions; Ctrl-C leaves everything as it is');
    for (const question of missing) answers.set(question, await asked(question));
    outro('That is all.');
    return answers;
  }
  const lacking = missing.filter(({ suggestion }) => suggestion === undefined).map(({ flag }) => `--${flag}`);
  if (lacking.length > 0) throw new CommandError(`nobody can be asked here: give ${lacking.join(', ')}`);
  for (const question of missing) answers.set(question, question.suggestion ?? '');
  return answers;
}

async function asked(question: Question): Promise<string> {
  const { path, suggestion } = question;
  log.message(wrap(question.text, WIDTH - BAR));
  const answer = await text({
    message: path.join(' '),
    ...(suggestion === undefined ? {} : { initialValue: suggestion }),
    validate: (typed) => question.fault(typed ?? ''),
  });
  if (!isCancel(answer)) return answer;
  cancel('Nothing was written.');
  throw new CommandError('cancelled', 'failed');
}

interface Kind {
  readonly protocol: Protocol;
  readonly questions: readonly Question[];
}

/** All files, as texts. */
function kit(folder: string, answers: Section, kinds: readonly Kind[]): File[] {
  const networks = Object.fromEntries(kinds.map(({ protocol }) => [protocol.name, section(protocol, answers[protocol.name])]));
  const general = Object.fromEntries(Object.entries(answers).filter(([key]) => !(key in networks)));
  const values = { ...general, networks };
  const head = ['Made by "rialto init". What is commented out has the value shown when it is left out.', secretNote];
  const config = configSchema.parse({ version: newest, ...values }) as unknown as Config;
  return [
    { path: join(folder, CONFIG), what: 'the configuration; it holds secrets', text: annotated(head, values) },
    ...snippets(config).map(({ file, where, text }) => ({ path: join(folder, file), what: where, text })),
  ];
}

/** A network's part, with fresh secrets. */
function section(protocol: Protocol, answers: unknown): Section {
  const { properties = {}, required = [] } = schemaOf(protocol.config);
  const secrets = required.filter((key) => properties[key]?.secret);
  const fresh = secrets.map((key) => [key, randomBytes(SECRET_OCTETS).toString('hex')]);
  return { protocol: protocol.name, ...(isSection(answers) ? answers : {}), ...Object.fromEntries(fresh) };
}

function refuseToOverwrite(paths: readonly string[]): void {
  const there = paths.filter((path) => existsSync(path));
  if (there.length > 0)
    throw new CommandError(`${there.join(', ')}: there already; move it away, or choose another folder with --out`);
}

function write(folder: string, files: readonly File[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { path, text } of files) writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
}

function summary(folder: string, files: readonly File[]): string {
  const config = relative('.', join(folder, CONFIG));
  const rialto = config === CONFIG ? 'rialto' : `rialto --config ${config}`;
  const rows = files.flatMap(({ path, what }) => [`  ${relative('.', path)}`, ...wrap(what, WIDTH, ' '.repeat(6))]);
  return [
    'Written, for your eyes only (mode 0600):',
    '',
    ...rows,
    '',
    'What to do next:',
    '  1. Put each file where it says, and restart the servers.',
    `  2. ${rialto} check`,
    '        says what is still wrong, and how to put it right',
    `  3. ${rialto} run`,
    `  4. ${rialto} link ROOM ROOM`,
    '        makes two rooms one conversation',
  ].join('\n');
}
