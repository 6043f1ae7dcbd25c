import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

// Only when it is asked for: what opens a database takes longer to load than all the rest.
const copying = (): Promise<typeof import('./copying.ts')> => import('./copying.ts');

/** `db move`, `db reopen`, `backup`, `restore`: a database as a whole. */
export function addDatabase(program: Command, terminal: Terminal): void {
  const db = program.command('db').description('the database as a whole');
  db.command('move <to>')
    .description('copy everything into another, empty database: a postgres:// URL, or "embedded"; stop Rialto first')
    .addHelpText('after', '\nA password may be in the URL, in PGPASSWORD, or in ~/.pgpass.')
    .action(async (to: string) => (await copying()).move(terminal, to));
  db.command('reopen')
    .description('use a database again that has been moved elsewhere')
    .action(async () => (await copying()).unmark(terminal));
  program
    .command('backup <file>')
    .description('write everything to one file, which must not exist; Rialto may be running')
    .action(async (file: string) => (await copying()).backup(terminal, resolve(file)));
  program
    .command('restore <file>')
    .description('read a backup into the configured database, which must be empty')
    .action(async (file: string) => (await copying()).restore(terminal, resolve(file)));
}
