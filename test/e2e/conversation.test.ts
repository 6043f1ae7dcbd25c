import { describeWithServers, settings } from './lab.ts';
import { direct } from './parts/direct.ts';
import { fallbacks } from './parts/fallbacks.ts';
import { hostile } from './parts/hostile.ts';
import { linking } from './parts/linking.ts';
import { operating } from './parts/operating.ts';
import { refusals } from './parts/refusals.ts';
import { relay } from './parts/relay.ts';
import { starting } from './parts/starting.ts';
import { talking } from './parts/talking.ts';

for (const on of settings) {
  await describeWithServers(
    `a conversation between a room on ${on.xmpp} and a Matrix room, kept in ${on.db}`,
    (shared) => {
      talking(shared);
      direct(shared);
      fallbacks(shared);
      hostile(shared);
      relay(shared);
      linking(shared);
      refusals(shared);
      operating(shared);
      starting(shared);
    },
    on,
  );
}
