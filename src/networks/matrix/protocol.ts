import type { Address } from '../../cpim/address.ts';
import type { Snippet } from '../finding.ts';
import type { Host, Network, Protocol } from '../network.ts';
import { parseRoom } from './address.ts';
import { check } from './check/check.ts';
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
    const path = '/etc/matrix-synapse/rialto-registration.yaml';
    return [
      {
        file: 'registration.yaml',
        where: `Synapse: copy it to ${path}, so that Synapse can read it and nobody else`,
        text: registration(chosen, http),
      },
      {
        file: 'synapse.yaml',
        where: 'Synapse: into homeserver.yaml, or as a file in /etc/matrix-synapse/conf.d/',
        text: `# There may be one such list only: if there is one already, add the line to it.\napp_service_config_files:\n  - ${path}\n`,
      },
    ];
  },

  check,

  side: 'matrix',
  metrics: [
    { name: 'bridge_matrix_api_calls', help: 'Calls that a homeserver has answered as wished', labels: ['method'] },
    { name: 'bridge_matrix_api_calls_failed', help: 'Calls that a homeserver has refused or not answered', labels: ['method'] },
  ],

  connect(chosen: MatrixConfig, host: Host): Network {
    return new MatrixNetwork(chosen, host);
  },
};
