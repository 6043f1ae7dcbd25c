import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { type Copied, writeBackup } from '../database/copy/backup.ts';
import { DatabaseRefused } from '../database/refused.ts';
import type { Database } from '../db.ts';
import type { Log } from '../networks/network.ts';
import { type Command, type CommandBook, CommandError } from './registry.ts';

const args = z.strictObject({ file: z.string().refine(isAbsolute, 'an absolute path') });

/** For the embedded database, which no other process can read while this one runs. */
export function addBackupCommand(book: CommandBook, { db, log }: { readonly db: Database; readonly log: Log }): void {
  const backup: Command<z.infer<typeof args>, Copied> = {
    name: 'backup',
    summary: 'Write everything to one file, which must not exist',
    args,
    run: async ({ file }) => {
      const started = Date.now();
      try {
        const copied = await writeBackup(db, file, () => undefined);
        log.info('a backup was written', { file, ms: Date.now() - started });
        return copied;
      } catch (error) {
        throw error instanceof DatabaseRefused ? new CommandError(error.message) : error;
      }
    },
  };
  book.add(backup);
}
