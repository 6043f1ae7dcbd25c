import { ask } from '../admin/control.ts';
import { type Config, readConfig } from '../config.ts';

/** What the global options say; filled in before a command runs. */
export interface GlobalOptions {
  readonly config: string;
  readonly json?: true;
}

/** What a command of the command line works with: the configuration, the running service, and where the answer goes. */
export class Terminal {
  private readonly options: () => GlobalOptions;

  constructor(options: () => GlobalOptions) {
    this.options = options;
  }

  get json(): boolean {
    return this.options().json === true;
  }

  /** Somebody sits there who can be asked. */
  get isInteractive(): boolean {
    return process.stdin.isTTY === true && process.stdout.isTTY === true && !this.json;
  }

  /** The configuration's path as given. */
  get file(): string {
    return this.options().config;
  }

  /** Throws a ConfigurationError. What could be better is said on standard error. */
  config(): Config {
    return readConfig(this.file, { warn: (text) => process.stderr.write(`rialto: warning: ${text}\n`) });
  }

  /** Asks the running service. Rejects with a CommandError for everything a person can do something about. */
  ask(name: string, args: unknown): Promise<unknown> {
    return ask(this.config().data, name, args);
  }

  /** The answer: the value for machines, or the text for people. */
  say(result: unknown, text: () => string): void {
    process.stdout.write(`${this.json ? JSON.stringify(result) : text()}\n`);
  }
}
