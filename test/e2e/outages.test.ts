import { test } from '@jest/globals';
import { sleep } from '../lab/process.ts';
import { describeWithServers, type Shared, settings } from './lab.ts';
import { through } from './parts/through.ts';

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

for (const on of settings) {
  await describeWithServers(`nothing is lost, doubled or out of order, on ${on.xmpp} and ${on.db}`, outages, on);
}
