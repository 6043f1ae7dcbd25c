import type { Command } from 'commander';
import type { LinkedEndpoint } from '../commands/link.ts';
import type { Terminal } from './terminal.ts';

/** `link`, `unlink`, `links`: which rooms are one conversation. */
export function addLinks(program: Command, terminal: Terminal): void {
  program
    .command('link <first> <second>')
    .description('make two rooms of different networks one conversation')
    .option('--seats <when>', 'when those of the other side enter: speak (when they first speak) or all (at once)', 'speak')
    .action(async (first: string, second: string, { seats }: { seats: string }) => {
      const result = (await terminal.ask('link', { first, second, seats })) as { warnings: string[] };
      const text = (): string =>
        [`linked: ${first} ⇄ ${second}`, ...result.warnings.map((warning) => `note: ${warning}`)].join('\n');
      terminal.say(result, text);
    });

  program
    .command('unlink <address>')
    .description('cut a room off; what was said before is still delivered')
    .action(async (address: string) => {
      const result = (await terminal.ask('unlink', { address })) as { unlinked: string[] };
      terminal.say(result, () => `unlinked: ${result.unlinked.join(', ')}`);
    });

  program
    .command('links')
    .description('which rooms are linked, in what state')
    .action(async () => {
      const result = (await terminal.ask('links', {})) as { links: { room: number; endpoints: LinkedEndpoint[] }[] };
      const text = (): string =>
        result.links.map((link) => link.endpoints.map(row).join('\n')).join('\n\n') || 'nothing is linked';
      terminal.say(result, text);
    });
}

function row(at: LinkedEndpoint): string {
  const waiting = at.waiting > 0 ? `, ${at.waiting} waiting for ${at.lagSeconds} s` : '';
  return `${at.network.padEnd(10)} ${at.address.padEnd(44)} ${at.state}${waiting} (${at.class})${at.trouble ? `: ${at.trouble}` : ''}`;
}
