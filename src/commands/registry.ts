import { z } from 'zod';

/** Something that people can ask for: by command line today, by chat, ad-hoc command and HTTP later. */
export interface Command<A = unknown, R = unknown> {
  readonly name: string;
  readonly summary: string;
  readonly args: z.ZodType<A>;
  run(args: A): Promise<R>;
}

/** Why a request was not fulfilled: it failed, it was wrong, nobody answered, or another said no. */
export type Failure = 'failed' | 'wrong' | 'away' | 'refused';

/** A request that cannot be fulfilled, in one sentence for the one who asked. */
export class CommandError extends Error {
  readonly failure: Failure;
  /** It can, if it is asked again with this in `accept`. */
  readonly unless: string | undefined;
  constructor(message: string, failure: Failure = 'wrong', unless?: string) {
    super(message);
    this.failure = failure;
    this.unless = unless;
  }
}

/** All that can be asked for, by name. */
export class CommandBook {
  private readonly commands = new Map<string, Command>();

  add<A, R>(command: Command<A, R>): void {
    this.commands.set(command.name, command as Command);
  }

  /** Throws a CommandError for an unknown name or wrong arguments. */
  async run(name: string, args: unknown): Promise<unknown> {
    const command = this.commands.get(name);
    if (!command) throw new CommandError(`there is no command ${name}; there are ${[...this.commands.keys()].join(', ')}`);
    const checked = command.args.safeParse(args);
    if (!checked.success)
      throw new CommandError(checked.error.issues.map((one) => `${one.path.join('.')}: ${one.message}`).join('; '));
    return command.run(checked.data);
  }
}
