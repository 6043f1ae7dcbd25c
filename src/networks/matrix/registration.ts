import type { MatrixConfig } from './config.ts';

/**
 * The registration file that the homeserver needs (Application Service API, "Registration"), as YAML. `url` is where the
 * homeserver reaches Rialto.
 */
export function registration(config: MatrixConfig, url: string): string {
  // A JSON string is a YAML string.
  const text = (value: string): string => JSON.stringify(value);
  const users = (localpart: string): string => text(`^@${localpart}:${literal(config.domain)}$`);
  return `id: ${text(config.id)}
url: ${text(url.replace(/\/+$/, ''))}
as_token: ${text(config.asToken)}
hs_token: ${text(config.hsToken)}
sender_localpart: ${text(config.bot)}
# Without this the homeserver would slow down every ghost to the pace of one person.
rate_limited: false
receive_ephemeral: false
# MSC4190: lets older homeservers make the devices by which a repeated send is recognised.
io.element.msc4190: true
namespaces:
  users:
    - exclusive: true
      regex: ${users(`${literal(config.ghostPrefix)}.*`)}
    - exclusive: true
      regex: ${users(literal(config.bot))}
  aliases: []
  rooms: []
`;
}

function literal(value: string): string {
  return value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
