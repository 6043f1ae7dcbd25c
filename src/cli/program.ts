import { styleText } from 'node:util';
import completion from '@bomb.sh/tab/commander';
import { Command } from 'commander';
import { version } from '../ops/version.ts';
import { addCheck } from './check.ts';
import { addDatabase } from './database.ts';
import { addLinks } from './links.ts';
import { addLive } from './live.ts';
import { addRun } from './run.ts';
import { addSetup } from './setup/configuration.ts';
import { addInit } from './setup/init.ts';
import { type GlobalOptions, Terminal } from './terminal.ts';

const more = `
Examples:
  rialto init                     a configuration, and what the servers need
  rialto run                      serve
  rialto link room@rooms.example.org '#room:example.org'
  rialto status --json | jq .networks

Exit codes:
  0  done
  1  failed
  2  the configuration or the request is wrong
  3  not running, or somebody needed for it does not answer
  4  refused by a server or a room

Environment:
  RIALTO_CONFIG                   the configuration, if there is no --config
  RIALTO_<SECTION>__<KEY>         wins over the file: RIALTO_HTTP__PORT=9000
  RIALTO_<SECTION>__<SECRET>_FILE names a file that holds the secret
  DATABASE_URL                    as RIALTO_DATABASE__URL, which wins
  NO_COLOR                        no colours; none go to a file or a pipe

Answers go to standard output, in JSON with --json; errors to standard error,
one line each. "rialto COMMAND --help" says more about one command.`;

const shells = `
In the file that the shell reads when it starts:
  ~/.bashrc                   source <(rialto completion bash)
                              (with the package bash-completion)
  ~/.zshrc                    source <(rialto completion zsh)
  ~/.config/fish/config.fish  rialto completion fish | source`;

/** The whole command line: each group of commands is a file of its own. */
export function wholeProgram(): Command {
  const program = newProgram();
  const terminal = new Terminal(() => program.opts<GlobalOptions>());
  program.commandsGroup('Set up:');
  addInit(program, terminal);
  addSetup(program, terminal);
  addCheck(program, terminal);
  program.commandsGroup('Serve:');
  addRun(program, terminal);
  program.commandsGroup('Rooms:');
  addLinks(program, terminal);
  program.commandsGroup('Look inside:');
  addLive(program, terminal);
  program.commandsGroup('Keep:');
  addDatabase(program, terminal);
  program.commandsGroup('More:');
  addGeneral(program);
  return program;
}

function newProgram(): Command {
  const title = (text: string): string => styleText('bold', text, { stream: process.stdout });
  return (
    new Command('rialto')
      .description('A federation bridge: rooms of different networks become one conversation')
      .version(version, '-V, --version', 'print the version')
      .helpOption('-h, --help', 'say what there is')
      .option('-c, --config <file>', 'the configuration', process.env.RIALTO_CONFIG ?? 'rialto.yaml')
      .option('--json', 'answer in JSON')
      .configureHelp({ showGlobalOptions: true, styleTitle: title })
      .addHelpText('after', more.replace(/^\w.*:$/gm, title))
      // Errors are printed in one place, in one form.
      .configureOutput({ outputError: () => {} })
      .exitOverride()
  );
}

/** After all others, so that the completion knows them. */
function addGeneral(program: Command): void {
  program.helpCommand('help [command]', 'say what there is');
  completion(program, { completionCommandName: 'completion' });
  const command = program.commands.find((one) => one.name() === 'completion');
  command?.description('a script that completes commands and options').addHelpText('after', shells);
}
