import { renameSync, writeFileSync } from 'node:fs';
import type { Lab } from './lab.ts';
import { session } from './matrix-person.ts';

/** What an outside client needs to join in, in the form that the README promises. */
async function facts(lab: Lab): Promise<Record<string, unknown>> {
  const { settings, rialto, server, synapse } = lab;
  const { ports, xmppDomain, matrixDomain } = settings;
  const users = settings.matrixUsers.map(async ({ name, password }, n) => {
    const person = lab.matrix[n];
    const known = person && { userId: person.userId, token: person.accessToken, device: person.deviceId };
    const { userId, token, device } = known ?? (await session({ url: synapse.url, domain: matrixDomain, name, password }));
    return { userId, password, accessToken: token, deviceId: device };
  });
  return {
    xmpp: {
      server: server.kind,
      host: '127.0.0.1',
      c2sPort: ports.c2s,
      domain: xmppDomain,
      mucDomain: `rooms.${xmppDomain}`,
      users: settings.xmppUsers.map(({ name, password }) => ({ jid: `${name}@${xmppDomain}`, password })),
      pid: server.pid,
    },
    matrix: { homeserver: synapse.url, serverName: matrixDomain, users: await Promise.all(users), pid: synapse.pid },
    rialto: {
      pid: rialto.pid,
      http: rialto.url,
      peopleDomain: `people.${xmppDomain}`,
      roomDomain: `bridged.${xmppDomain}`,
      bot: `@rialto:${matrixDomain}`,
      cli: rialto.command,
      start: rialto.startCommand,
      pidFile: rialto.pidFile,
      log: rialto.log,
      engine: lab.postgres ? 'postgres' : 'embedded',
      database: rialto.database,
    },
    ...(lab.postgres ? { postgres: { url: lab.postgres.url, pid: lab.postgres.pid } } : {}),
    links: lab.pairs.map(({ xmpp, matrix, alias }) => ({ xmpp, matrix, alias })),
  };
}

/** Written beside and renamed: whoever waits for the file never reads half of it. */
export async function writeFacts(lab: Lab, file: string): Promise<void> {
  const text = `${JSON.stringify(await facts(lab), null, 2)}\n`;
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
