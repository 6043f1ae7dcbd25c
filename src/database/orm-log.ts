import type { Logger } from 'typeorm';

const silent = (): void => {
  // Statements carry what people wrote, and their failures reach the caller as errors.
};

interface Says {
  info(message: string, fields: Record<string, unknown>): void;
  warn(message: string, fields: Record<string, unknown>): void;
}

/** TypeORM's own warnings, and nothing of its statements. */
export const ormLog = (log: Says): Logger => ({
  logQuery: silent,
  logQueryError: silent,
  logQuerySlow: silent,
  logSchemaBuild: silent,
  logMigration: silent,
  log: (level, message) => log[level === 'warn' ? 'warn' : 'info']('typeorm says', { message: String(message) }),
});
