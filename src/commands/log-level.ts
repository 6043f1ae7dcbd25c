import { z } from 'zod';
import { type Level, type Logger, levels } from '../ops/log.ts';
import type { CommandBook } from './registry.ts';

const args = z.strictObject({ level: z.enum(levels).optional() });

export interface LogLevel {
  readonly level: string;
  /** What it was before, if it was changed. */
  readonly was?: string;
}

/** The least level that is written, until the next start. */
export function addLogLevel(book: CommandBook, log: Logger): void {
  book.add<z.infer<typeof args>, LogLevel>({
    name: 'log-level',
    summary: 'The least level that is logged; with a level, from now on until the next start',
    args,
    run: async ({ level }) => (level === undefined ? { level: log.level } : change(log, level)),
  });
}

function change(log: Logger, level: Level): LogLevel {
  const was = log.level;
  // Said while the more talkative of the two holds.
  if (isQuieter(level, was)) log.warn('the log level changes', { level, was });
  log.level = level;
  if (!isQuieter(level, was)) log.warn('the log level has changed', { level, was });
  return { level, was };
}

function isQuieter(level: Level, than: string): boolean {
  return levels.indexOf(level) > levels.indexOf(than as Level);
}
