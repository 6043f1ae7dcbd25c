import { spawn } from 'node:child_process';
import { Missing } from './progress.ts';

export interface Ran {
  readonly code: number;
  readonly output: string;
}

interface How {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of output. */
  readonly line?: (text: string) => void;
  readonly ms?: number;
}

/** Runs a program to its end; never throws. Code 127: it is not there; 124: it took too long and was ended. */
export function run(argv: readonly string[], { cwd, env, line, ms = 600_000 }: How = {}): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  let output = '';
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const text of chunk.toString().split(/[\r\n]+/)) if (text.trim() !== '') line?.(text.trim());
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  child.on('error', (error) => {
    clearTimeout(timer);
    resolve({ code: 127, output: error.message });
  });
  child.on('close', (code, signal) => {
    clearTimeout(timer);
    resolve({ code: code ?? (signal === 'SIGKILL' ? 124 : 1), output });
  });
  return promise;
}

/** As `run`, but what goes wrong is thrown as one sentence that says the remedy, with the end of the output below. */
export async function must(argv: readonly string[], remedy: string, how: How = {}): Promise<string> {
  const { code, output } = await run(argv, how);
  if (code !== 0) throw new Missing(`${remedy}\n${output.trimEnd().split('\n').slice(-8).join('\n')}`);
  return output;
}
