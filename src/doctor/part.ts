import type { Finding } from '../networks/finding.ts';

/** What belongs together in the report: the configuration, the database, one network. */
export interface Part {
  /** `configuration`, `data`, `database`, `http`, `links`; a network's own name. */
  readonly name: string;
  /** What it is about, for people: a path, a URL without its password. */
  readonly about: string;
  readonly findings: AsyncIterable<Finding>;
}

/** Begins at once, and gives what it has found in order to whoever comes to read it. */
export function begun(findings: AsyncIterable<Finding>): AsyncIterable<Finding> {
  const found: Finding[] = [];
  let isOver = false;
  let news = Promise.withResolvers<void>();
  const tell = (): void => {
    news.resolve();
    news = Promise.withResolvers();
  };
  const run = async (): Promise<void> => {
    try {
      for await (const finding of findings) {
        found.push(finding);
        tell();
      }
    } catch (error) {
      found.push(broken(error));
    }
    isOver = true;
    tell();
  };
  void run();
  return (async function* () {
    for (let n = 0; n < found.length || !isOver; ) {
      const next = found[n];
      if (next) {
        yield next;
        n += 1;
      } else await news.promise;
    }
  })();
}

/** A check of ours that failed says nothing about the set-up. */
function broken(error: unknown): Finding {
  const evidence = `this check itself failed: ${error instanceof Error ? error.message : String(error)}`;
  return { code: 'check-failed', verdict: 'skipped', evidence, fix: 'please report it' };
}

export async function* listed(findings: readonly Finding[]): AsyncGenerator<Finding> {
  yield* findings;
}
