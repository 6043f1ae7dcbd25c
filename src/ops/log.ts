import { type DestinationStream, pino } from 'pino';
import { redactor } from './redact.ts';

type Fields = Record<string, unknown>;

/** From all to little. */
export const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/** Constant sentences with fields, one JSON object a line. `networks/network.ts` describes the same shape as a port. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** The least level that is written; may be set at any time. */
  level: string;
  /** How many lines of each level were written. */
  readonly written: Readonly<Record<Level, number>>;
}

export interface LogOptions {
  /** Never written, wherever they turn up. */
  readonly secrets?: readonly string[];
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

export function createLogger(level: Level | 'silent', { secrets = [], destination }: LogOptions = {}): Logger {
  const error = pino.stdSerializers.err;
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { error, reason: (reason: unknown) => (reason instanceof Error ? error(reason) : reason) },
    hooks: { streamWrite: redactor(secrets) },
  };
  return new JsonLog(destination ? pino(options, destination) : pino(options));
}

class JsonLog implements Logger {
  readonly written: Record<Level, number> = { debug: 0, info: 0, warn: 0, error: 0 };
  private readonly inner: pino.Logger;

  constructor(inner: pino.Logger) {
    this.inner = inner;
  }

  get level(): string {
    return this.inner.level;
  }

  set level(level: string) {
    this.inner.level = level;
  }

  debug(message: string, fields?: Fields): void {
    this.write('debug', message, fields);
  }

  info(message: string, fields?: Fields): void {
    this.write('info', message, fields);
  }

  warn(message: string, fields?: Fields): void {
    this.write('warn', message, fields);
  }

  error(message: string, fields?: Fields): void {
    this.write('error', message, fields);
  }

  private write(level: Level, message: string, fields: Fields = {}): void {
    if (!this.inner.isLevelEnabled(level)) return;
    this.written[level] += 1;
    this.inner[level](fields, message);
  }
}
