import { describeWithServers, type settings } from '../lab.ts';
import { direct } from './direct.ts';
import { fallbacks } from './fallbacks.ts';
import { hostile } from './hostile.ts';
import { linking } from './linking.ts';
import { operating } from './operating.ts';
import { refusals } from './refusals.ts';
import { relay } from './relay.ts';
import { starting } from './starting.ts';
import { talking } from './talking.ts';

/** Everything that people do in a bridged room, and what operators do to it. */
export function conversation(on: (typeof settings)[number]): Promise<void> {
  return describeWithServers(
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
