import type { Command } from 'commander';
import type { Finding } from '../networks/finding.ts';
import { Sheet } from './sheet.ts';
import type { Terminal } from './terminal.ts';

/** `check`: what is wrong with the set-up, and what to do about it. Ends with 1 if there is a fault. */
export function addCheck(program: Command, terminal: Terminal): void {
  program
    .command('check')
    .description('what is wrong with the set-up, and what to do about it')
    .action(async () => {
      // Only when it is asked for: what opens a database takes longer to load than all the rest.
      const { examine } = await import('../doctor/examine.ts');
      const sheet = new Sheet(process.stdout, terminal.json);
      const all: (Finding & { readonly part: string })[] = [];
      for await (const { name, about, findings } of examine(terminal.file)) {
        sheet.head(name, about);
        for await (const finding of findings) {
          all.push({ part: name, ...finding });
          sheet.row(finding);
        }
      }
      sheet.end(all);
      const isFault = all.some(({ verdict }) => verdict === 'fault');
      if (terminal.json) terminal.say({ verdict: isFault ? 'fault' : 'ok', findings: all }, () => '');
      process.exitCode = isFault ? 1 : 0;
    });
}
