import { describeWithServers } from './lab.ts';
import { talking } from './parts/talking.ts';

await describeWithServers('a conversation between an XMPP room and a Matrix room', (shared) => {
  talking(shared);
});
