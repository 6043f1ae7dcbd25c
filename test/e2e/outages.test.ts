import { expect, test } from '@jest/globals';
import { sleep, until } from '../lab/process.ts';
import { describeWithServers, type Shared, settings } from './lab.ts';
import { through } from './parts/through.ts';

/** What the bridge itself says about its readiness. */
async function readiness({ lab }: Shared): Promise<{ ready: boolean; database: { answers: boolean } }> {
  const answer = await fetch(`${lab.rialto.url}/readyz`);
  const report = (await answer.json()) as Awaited<ReturnType<typeof readiness>>;
  expect(answer.ok).toBe(report.ready);
  return report;
}

function outages(shared: Shared): void {
  test('when Rialto is killed, twice', async () => {
    const { rialto } = shared.lab;
    await through('rialto-killed', shared, async () => {
      for (const ms of [1500, 0]) {
        await rialto.kill();
        await sleep(300);
        await rialto.ready();
        await sleep(ms);
      }
    });
  }, 120_000);

  test('when Synapse is killed and starts again', async () => {
    const { synapse } = shared.lab;
    await through('synapse-killed', shared, async () => {
      await synapse.kill();
      await sleep(1500);
      await synapse.start();
    });
  }, 120_000);

  test('when the XMPP server is killed and starts again', async () => {
    const { lab, juliet, romeo } = shared;
    await through('xmpp-killed', shared, async () => {
      await lab.server.kill();
      await sleep(1500);
      await lab.server.start();
      await Promise.all([juliet.back(), romeo.back()]);
      await lab.rialto.ready();
    });
  }, 120_000);
}

function outageOfPostgres(shared: Shared): void {
  test('loses nothing when Postgres is killed twice, says that it is away, and goes on by itself', async () => {
    const { postgres, rialto } = shared.lab;
    const { pid } = rialto;
    await through('postgres-killed', shared, async () => {
      // Longer than the lease, and not even long enough to be noticed.
      for (const ms of [12_000, 0]) {
        await postgres?.kill();
        if (ms > 0) await until('/readyz says so', async () => !(await readiness(shared)).database.answers, { ms: 5000 });
        await sleep(ms);
        await postgres?.start();
        await until('/readyz says that it is back', async () => (await readiness(shared)).ready, { ms: 15_000 });
        await sleep(1000);
      }
    });
    expect(rialto.pid).toBe(pid);
  }, 180_000);
}

for (const on of settings) {
  await describeWithServers(
    `nothing is lost, doubled or out of order, on ${on.xmpp} and ${on.db}`,
    (shared) => {
      outages(shared);
      if (on.db === 'postgres') outageOfPostgres(shared);
    },
    on,
  );
}
