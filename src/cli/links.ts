import { confirm } from '@clack/prompts';
import type { Command } from 'commander';
import type { LinkedEndpoint } from '../commands/link.ts';
import { CommandError } from '../commands/registry.ts';
import type { Terminal } from './terminal.ts';

interface Wanted {
  readonly first: string;
  readonly second: string;
  readonly seats: string;
  readonly accept: readonly string[];
}

const risks = `make the link in spite of a risk, and again for another one:
no-archive (the room keeps none: what is said during an outage is lost, and a line may come twice),
other-bridge (another bridge is in the room: lines may go round for ever),
relay (the people of the other side cannot enter: the bridge speaks for all of them)`;

/** `link`, `unlink`, `links`, `keep`: which rooms are one conversation. */
export function addLinks(program: Command, terminal: Terminal): void {
  program
    .command('link <first> <second>')
    .description('make two rooms of different networks one conversation')
    .option('--seats <when>', 'when those of the other side enter: speak (when they first speak) or all (at once)', 'speak')
    .option('--accept <risk>', risks, (risk: string, before: string[]) => [...before, risk], [])
    .action(async (first: string, second: string, { seats, accept }: Pick<Wanted, 'seats' | 'accept'>) => {
      const result = await link(terminal, { first, second, seats, accept });
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
    .command('keep <address> <days>')
    .description('for how many days a room keeps what was said in it; "default": as long as the configuration says')
    .action(async (address: string, text: string) => {
      const days = text === 'default' ? null : Number(text);
      const result = await terminal.ask('keep', { address, days });
      terminal.say(result, () => `${address} keeps what is said for ${days === null ? 'as long as all do' : `${days} days`}`);
    });

  program
    .command('links')
    .description('which rooms are linked, in what state')
    .option('--direct', 'instead: who talks to whom directly, with no link', false)
    .action(async ({ direct }: { direct: boolean }) => {
      const result = (await terminal.ask('links', { direct })) as { links: { room: number; endpoints: LinkedEndpoint[] }[] };
      const text = (): string =>
        result.links.map((link) => link.endpoints.map(row).join('\n')).join('\n\n') ||
        (direct ? 'nobody talks to anybody directly' : 'nothing is linked');
      terminal.say(result, text);
    });
}

/** What would do harm is refused unless it is accepted: by the option, or by a word on the terminal. */
async function link(terminal: Terminal, wanted: Wanted): Promise<{ warnings: string[] }> {
  try {
    return (await terminal.ask('link', wanted)) as { warnings: string[] };
  } catch (error) {
    if (!(error instanceof CommandError) || error.unless === undefined || wanted.accept.includes(error.unless)) throw error;
    if (terminal.isInteractive && (await isAccepted(error.message)))
      return link(terminal, { ...wanted, accept: [...wanted.accept, error.unless] });
    throw new CommandError(`${error.message}; or accept it: --accept ${error.unless}`, error.failure, error.unless);
  }
}

async function isAccepted(why: string): Promise<boolean> {
  return (await confirm({ message: `${why}. Make the link all the same?`, initialValue: false })) === true;
}

function row(at: LinkedEndpoint): string {
  const waiting = at.waiting > 0 ? `, ${at.waiting} waiting for ${at.lagSeconds} s` : '';
  return `${at.network.padEnd(10)} ${at.address.padEnd(44)} ${at.state}${waiting} (${at.class})${at.trouble ? `: ${at.trouble}` : ''}`;
}
