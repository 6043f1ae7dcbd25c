#!/usr/bin/env node
import { Command } from 'commander';
import { addDatabase } from './cli/database.ts';
import { addInit } from './cli/init.ts';
import { addLinks } from './cli/links.ts';
import { addLive } from './cli/live.ts';
import { addSetup } from './cli/setup.ts';
import { Terminal } from './cli/terminal.ts';
import { CommandError } from './commands/registry.ts';
import { DatabaseRefused } from './database/refused.ts';
import { ConfigurationError } from './networks/network.ts';

/** 0: done; 1: it failed; 2: the configuration or the request is wrong. */
const WRONG = 2;

const program = new Command('rialto')
  .description('A federation bridge: rooms of different networks become one conversation')
  .option('-c, --config <file>', 'the configuration', process.env.RIALTO_CONFIG ?? 'rialto.yaml')
  .option('--json', 'answer in JSON')
  .showHelpAfterError()
  .configureHelp({ showGlobalOptions: true });
const terminal = new Terminal(() => program.opts());

program
  .command('run')
  .description('serve until a signal ends it')
  .action(async () => {
    const config = terminal.config();
    const { serve } = await import('./main.ts');
    await serve(config);
  });
addLinks(program, terminal);
addLive(program, terminal);
addInit(program, terminal);
addSetup(program, terminal);
addDatabase(program, terminal);

try {
  await program.parseAsync();
} catch (error) {
  const wrong = error instanceof ConfigurationError || error instanceof DatabaseRefused;
  const plain = wrong || error instanceof CommandError;
  process.stderr.write(`rialto: ${plain ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(wrong ? WRONG : 1);
}
