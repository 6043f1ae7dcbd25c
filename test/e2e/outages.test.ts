import { test } from '@jest/globals';
import { sleep } from '../lab/process.ts';
import { describeWithServers } from './lab.ts';
import { through } from './parts/through.ts';

await describeWithServers('nothing is lost, doubled or out of order', (shared) => {
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

  test('when Prosody is killed and starts again', async () => {
    const { lab, juliet, romeo } = shared;
    await through('prosody-killed', shared, async () => {
      await lab.server.kill();
      await sleep(1500);
      await lab.server.start();
      await Promise.all([juliet.back(), romeo.back()]);
      await lab.rialto.ready();
    });
  }, 120_000);
});
