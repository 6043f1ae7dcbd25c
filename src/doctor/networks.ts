import type { Config } from '../config.ts';
import type { Finding } from '../networks/finding.ts';
import { type CheckContext, ConfigurationError, type LinkedRoom, type Neighbour, type Protocol } from '../networks/network.ts';
import type { EndpointRow } from '../rooms/room.store.ts';

export interface NetworkSeen extends Omit<CheckContext, 'network'> {
  readonly protocols: readonly Protocol[];
}

/** What the protocol of a configured network finds. */
export async function* network(config: Config, name: string, seen: NetworkSeen): AsyncGenerator<Finding> {
  const { protocol: kind, ...part } = config.networks[name] ?? { protocol: '' };
  const { protocols, ...context } = seen;
  const protocol = protocols.find((one) => one.name === kind);
  if (!protocol) throw new ConfigurationError(`there is no protocol ${kind}`);
  yield* protocol.check(part, { ...context, network: name });
}

/** The linked rooms of one network; a direct chat is nobody's to set up. */
export function linkedRooms(endpoints: readonly EndpointRow[], name: string, config: Config): LinkedRoom[] {
  const beside = (at: EndpointRow): Neighbour[] =>
    endpoints
      .filter((other) => other.room === at.room && other.id !== at.id)
      .map(({ network, address }) => ({ network, protocol: config.networks[network]?.protocol ?? '', address }));
  const linked = endpoints.filter((at) => at.network === name && !at.settings.direct);
  return linked.map((at) => ({ address: at.address, beside: beside(at) }));
}
