import type { Address } from '../../cpim/address.ts';
import type { Host, Network, Protocol, Snippet } from '../network.ts';
import { parseRoom } from './address.ts';
import { config, type MatrixConfig } from './config.ts';
import { MatrixNetwork } from './network.ts';
import { registration } from './registration.ts';

export const matrix: Protocol<MatrixConfig> = {
  name: 'matrix',
  config,

  /** `#alias:example.org`, `!id:example.org`, `!id` (room version 12), and links to them. */
  parse(text: string): Address | undefined {
    return parseRoom(text);
  },

  snippets(chosen: MatrixConfig, http: string): Snippet[] {
    const where =
      'Synapse: save it as rialto-registration.yaml and name that file in app_service_config_files of homeserver.yaml';
    return [{ where, text: registration(chosen, http) }];
  },

  connect(chosen: MatrixConfig, host: Host): Network {
    return new MatrixNetwork(chosen, host);
  },
};
