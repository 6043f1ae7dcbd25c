import { constants, copyFileSync, writeFileSync } from 'node:fs';
import { diff } from 'node:util';
import type { Command } from 'commander';
import { Source } from '../../config/source.ts';
import { newest, upgrade, written } from '../../config/upgrade.ts';
import type { Terminal } from '../terminal.ts';

/** Lines of what stays, above and below what changes. */
const CONTEXT = 3;

/** `config upgrade`: the file in the form of this program, shown or written. */
export function addUpgrade(config: Command, terminal: Terminal): void {
  config
    .command('upgrade')
    .description('shows the file in the form of this program; comments, order and values stay')
    .option('--write', 'write it, and keep the old one beside it')
    .action(({ write = false }: { write?: boolean }) => {
      const source = new Source(terminal.file);
      const from = upgrade(source);
      const after = from === newest ? source.text : written(source.document, source.text);
      const changes = changed(source.text, after);
      const backup = write && from < newest ? replace(source, after) : undefined;
      const result = { file: source.file, from, to: newest, written: backup !== undefined, ...(backup && { backup }), changes };
      terminal.say(result, () => {
        if (from === newest) return `${source.file} is of version ${newest}: there is nothing to do`;
        const what = `${source.file}: version ${from} → ${newest}`;
        const done = backup ? `written; the old one is ${backup}` : 'nothing is written yet: --write does';
        return [what, '', ...changes, '', done].join('\n');
      });
    });
}

/** The lines that change, `-` before and `+` after, with some of those around them. */
function changed(before: string, after: string): string[] {
  const lines = diff(before.split('\n'), after.split('\n')).map(([kind, text]) => ({ kind, text }));
  const isNear = (at: number): boolean => lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ kind }) => kind !== 0);
  // Seen from the old text, what is only there is an insertion.
  const mark = (kind: number): string => (kind === 0 ? ' ' : kind > 0 ? '-' : '+');
  return lines.flatMap(({ kind, text }, at) => (isNear(at) ? [`${mark(kind)} ${text}`] : []));
}

/** The name of the copy. The file itself is written in place: it may be a mount or a link. */
function replace({ file }: Source, text: string): string {
  for (let n = 1; ; n += 1) {
    const backup = n === 1 ? `${file}.bak` : `${file}.bak${n}`;
    try {
      copyFileSync(file, backup, constants.COPYFILE_EXCL);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw error;
    }
    writeFileSync(file, text);
    return backup;
  }
}
