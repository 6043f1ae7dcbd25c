import type { Config } from '../config.ts';
import { type CheckContext, ConfigurationError, type Finding, type Protocol } from '../networks/network.ts';

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
