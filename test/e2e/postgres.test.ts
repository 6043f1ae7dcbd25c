import { expect, test } from '@jest/globals';
import { sleep, until } from '../lab/process.ts';
import { describeWithServers, type Shared } from './lab.ts';
import { talking } from './parts/talking.ts';
import { through } from './parts/through.ts';

/** What the bridge itself says about its readiness. */
async function readiness({ lab }: Shared): Promise<{ ready: boolean; database: { answers: boolean } }> {
  const answer = await fetch(`${lab.rialto.url}/readyz`);
  const report = (await answer.json()) as Awaited<ReturnType<typeof readiness>>;
  expect(answer.ok).toBe(report.ready);
  return report;
}

await describeWithServers(
  'a bridge on Postgres',
  (shared) => {
    talking(shared);

    test('loses nothing when Postgres is killed twice, says that it is away, and goes on by itself', async () => {
      const { postgres, rialto } = shared.lab;
      const { pid } = rialto;
      await through('postgres-killed', shared, async () => {
        // Longer than the lease, and not even long enough to be noticed.
        for (const ms of [12_000, 0]) {
          await postgres?.kill();
          if (ms > 0)
            await until('/readyz says so', async () => (await readiness(shared)).database?.answers !== true, { ms: 5000 });
          await sleep(ms);
          await postgres?.start();
          await until('/readyz says that it is back', async () => (await readiness(shared)).ready, { ms: 15_000 });
          await sleep(1000);
        }
      });
      expect(rialto.pid).toBe(pid);
    }, 180_000);
  },
  { db: 'postgres' },
);
