import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** `run`: the service itself. */
export function addRun(program: Command, terminal: Terminal): void {
  program
    .command('run')
    .description('serve until a signal ends it')
    .action(async () => {
      const config = terminal.config();
      // Only the service needs all of it: every other command answers sooner without.
      const { serve } = await import('../main.ts');
      await serve(config);
    });
}
