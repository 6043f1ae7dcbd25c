import { describeWithServers } from './lab.ts';
import { fallbacks } from './parts/fallbacks.ts';
import { hostile } from './parts/hostile.ts';
import { linking } from './parts/linking.ts';
import { relay } from './parts/relay.ts';
import { starting } from './parts/starting.ts';
import { talking } from './parts/talking.ts';

await describeWithServers('a conversation between an XMPP room and a Matrix room', (shared) => {
  talking(shared);
  fallbacks(shared);
  hostile(shared);
  relay(shared);
  linking(shared);
  starting(shared);
});
