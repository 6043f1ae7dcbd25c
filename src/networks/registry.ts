import { matrix } from './matrix/protocol.ts';
import type { Protocol } from './network.ts';
import { xmpp } from './xmpp/protocol.ts';

/** Every protocol there is: the one line that a protocol costs. */
export const protocols: readonly Protocol[] = [xmpp as Protocol, matrix as Protocol];
