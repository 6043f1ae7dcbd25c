import type { Command } from 'commander';
import { example, jsonSchema } from '../../config/example.ts';
import { type Config, httpUrl } from '../../config.ts';
import type { Snippet } from '../../networks/finding.ts';
import { protocols } from '../../networks/registry.ts';
import { metricsList } from '../../ops/metrics-list.ts';
import type { Terminal } from '../terminal.ts';
import { addUpgrade } from './upgrade.ts';

/** `snippets`, `config`: what stands in the configuration, and what has to be put into the servers. */
export function addSetup(program: Command, terminal: Terminal): void {
  program
    .command('snippets')
    .description('what has to be put into the servers for this configuration')
    .action(() => {
      const all = snippets(terminal.config());
      terminal.say(all, () => all.map(({ network, where, text }) => `# ${network}. ${where}\n\n${text}`).join('\n'));
    });

  const config = program.command('config').description('what can be configured, and the form of the file');
  config
    .command('example')
    .description('a configuration with a comment on every key')
    .action(() => terminal.say({ text: example() }, () => example().trimEnd()));
  config
    .command('schema')
    .description('the JSON Schema')
    .action(() => void process.stdout.write(jsonSchema()));
  addUpgrade(config, terminal);
  config
    .command('metrics')
    .description('what /metrics counts')
    .action(() => void process.stdout.write(metricsList(protocols)));
}

/** What goes into the servers, by networks. */
export function snippets(config: Pick<Config, 'http' | 'networks'>): (Snippet & { network: string })[] {
  return Object.entries(config.networks).flatMap(([network, { protocol: name, ...part }]) => {
    const protocol = protocols.find((one) => one.name === name);
    return (protocol?.snippets(part, httpUrl(config)) ?? []).map((snippet) => ({ network, ...snippet }));
  });
}
