#!/usr/bin/env node
import { Command } from 'commander';
import { ask } from './admin/control.ts';
import type { LinkedEndpoint } from './commands/link.ts';
import { CommandError } from './commands/registry.ts';
import { type NetworkConfig, readConfig } from './config.ts';
import { example, jsonSchema } from './config-example.ts';
import { ConfigurationError, type Snippet } from './networks/network.ts';
import { protocols } from './networks/registry.ts';

/** 0: done; 1: it failed; 2: the configuration or the request is wrong. */
const WRONG = 2;

const program = new Command('rialto')
  .description('A federation bridge: rooms of different networks become one conversation')
  .option('-c, --config <file>', 'the configuration', process.env.RIALTO_CONFIG ?? 'rialto.yaml')
  .option('--json', 'answer in JSON')
  .showHelpAfterError()
  .configureHelp({ showGlobalOptions: true });

const options = (): { config: string; json?: true } => program.opts();
const asked = (name: string, args: unknown): Promise<unknown> => ask(readConfig(options().config).data, name, args);
const say = (result: unknown, text: () => string): void => {
  process.stdout.write(`${options().json ? JSON.stringify(result) : text()}\n`);
};

program
  .command('run')
  .description('serve until a signal ends it')
  .action(async () => {
    const config = readConfig(options().config);
    const { serve } = await import('./main.ts');
    await serve(config);
  });

program
  .command('link <first> <second>')
  .description('make two rooms of different networks one conversation')
  .option('--seats <when>', 'when those of the other side enter: speak (when they first speak) or all (at once)', 'speak')
  .action(async (first: string, second: string, { seats }: { seats: string }) => {
    const result = (await asked('link', { first, second, seats })) as { warnings: string[] };
    say(result, () => [`linked: ${first} ⇄ ${second}`, ...result.warnings.map((warning) => `note: ${warning}`)].join('\n'));
  });

program
  .command('unlink <address>')
  .description('cut a room off; what was said before is still delivered')
  .action(async (address: string) => {
    const result = (await asked('unlink', { address })) as { unlinked: string[] };
    say(result, () => `unlinked: ${result.unlinked.join(', ')}`);
  });

program
  .command('links')
  .description('which rooms are linked, in what state')
  .action(async () => {
    const result = (await asked('links', {})) as { links: { room: number; endpoints: LinkedEndpoint[] }[] };
    say(result, () => result.links.map((link) => link.endpoints.map(row).join('\n')).join('\n\n') || 'nothing is linked');
  });

program
  .command('snippets')
  .description('what has to be put into the servers for this configuration')
  .action(() => {
    const { http, networks } = readConfig(options().config);
    const all = snippets(networks, `http://${http.host}:${http.port}`);
    say(all, () => all.map(({ network, where, text }) => `# ${network}. ${where}\n\n${text}`).join('\n'));
  });

const config = program.command('config').description('what can be configured');
config
  .command('example')
  .description('a configuration with a comment on every key')
  .action(() => void process.stdout.write(example()));
config
  .command('schema')
  .description('the JSON Schema')
  .action(() => void process.stdout.write(jsonSchema()));

function snippets(networks: Record<string, NetworkConfig>, http: string): (Snippet & { network: string })[] {
  return Object.entries(networks).flatMap(([network, { protocol: name, ...part }]) => {
    const protocol = protocols.find((one) => one.name === name);
    return (protocol?.snippets(part, http) ?? []).map((snippet) => ({ network, ...snippet }));
  });
}

function row(at: LinkedEndpoint): string {
  const waiting = at.waiting > 0 ? `, ${at.waiting} waiting` : '';
  return `${at.network.padEnd(10)} ${at.address.padEnd(44)} ${at.state}${waiting} (${at.class})${at.trouble ? `: ${at.trouble}` : ''}`;
}

try {
  await program.parseAsync();
} catch (error) {
  const plain = error instanceof ConfigurationError || error instanceof CommandError;
  process.stderr.write(`rialto: ${plain ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(error instanceof ConfigurationError ? WRONG : 1);
}
