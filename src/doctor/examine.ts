import { configuration } from './configuration.ts';
import { listed, type Part } from './part.ts';
import { program } from './program.ts';
import { hidden, running, serviceOf } from './running.ts';
import { stopped } from './stopped.ts';

/** The whole set-up of one configuration file, part by part, whether its service runs or not. */
export async function* examine(file: string): AsyncGenerator<Part> {
  yield { name: 'program', about: '', findings: listed([...program()]) };
  const { config, findings } = configuration(file);
  yield { name: 'configuration', about: file, findings: listed(findings) };
  if (!config) return;
  const looks = { runs: running, stopped, hidden } as const;
  yield* looks[await serviceOf(config)](config);
}
