import type { Address } from '../../cpim/address.ts';
import type { Host, Network, Protocol } from '../network.ts';
import { parseRoom } from './address.ts';
import { config, type MatrixConfig } from './config.ts';
import { MatrixNetwork } from './network.ts';

export const matrix: Protocol<MatrixConfig> = {
  name: 'matrix',
  config,

  /** `#alias:example.org`, `!id:example.org`, `!id` (room version 12), and links to them. */
  parse(text: string): Address | undefined {
    return parseRoom(text);
  },

  connect(chosen: MatrixConfig, host: Host): Network {
    return new MatrixNetwork(chosen, host);
  },
};
