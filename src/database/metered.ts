import type { Database } from '../db.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Refusals } from './refusals.ts';

/** The same database, how long it takes, and what it refuses to store. */
export function metered(
  db: Database,
  metrics: Pick<Metrics, 'databaseSeconds' | 'databaseFailures'>,
  refusals: Refusals,
): Database {
  async function timed<T>(work: 'query' | 'transaction', run: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await run();
    } catch (error) {
      metrics.databaseFailures.inc({ work });
      refusals.note(error);
      throw error;
    } finally {
      metrics.databaseSeconds.observe({ work }, (performance.now() - began) / 1000);
    }
  }
  return {
    source: db.source,
    engine: db.engine,
    query: (text, values) => timed('query', () => db.query(text, values)),
    transaction: (work) => timed('transaction', () => db.transaction(work)),
    close: () => db.close(),
  };
}
