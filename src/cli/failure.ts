import { CommanderError } from 'commander';
import { CommandError, type Failure } from '../commands/registry.ts';
import { DatabaseAway, DatabaseRefused } from '../database/refused.ts';
import { ConfigurationError } from '../networks/network.ts';
import { NetworksTaken } from '../tenancy/lease.ts';

/** What the program ends with. */
const exitCodes = {
  done: 0,
  failed: 1,
  wrong: 2,
  away: 3,
  refused: 4,
} as const satisfies Record<Failure | 'done', number>;

export interface Ending {
  readonly code: number;
  /** For standard error, one line for each thing that is wrong. */
  readonly text?: string;
}

/** How the program ends with this error. */
export function endingOf(error: unknown): Ending {
  if (error instanceof CommanderError) return usage(error);
  if (error instanceof DatabaseAway) return said('away', error.message);
  if (error instanceof ConfigurationError || error instanceof DatabaseRefused) return said('wrong', error.message);
  if (error instanceof NetworksTaken) return said('failed', error.message);
  if (error instanceof CommandError) return said(error.failure, error.message);
  return unexpected(error);
}

/** A mistake of ours: where it happened helps nobody but us. */
function unexpected(error: unknown): Ending {
  const isWanted = process.env.RIALTO_LOG__LEVEL === 'debug';
  if (isWanted && error instanceof Error) return said('failed', error.stack ?? error.message);
  const what = error instanceof Error ? error.message || error.name : String(error);
  return said('failed', `unexpected: ${what.split('\n')[0]}; with RIALTO_LOG__LEVEL=debug it says where`);
}

function usage({ exitCode, code, message }: CommanderError): Ending {
  if (exitCode === 0) return { code: exitCodes.done };
  // Called without a command: it has printed what there is.
  if (code === 'commander.help') return { code: exitCodes.wrong };
  const plain = message.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?');
  return said('wrong', `${plain.replace(/\.$/, '').replace(/\s+/g, ' ')}${plain.endsWith('?') ? ' See' : '; see'} --help`);
}

function said(failure: Failure, message: string): Ending {
  const lines = message.trimEnd().split('\n');
  return { code: exitCodes[failure], text: `${lines.map((line) => `rialto: ${line}`).join('\n')}\n` };
}
