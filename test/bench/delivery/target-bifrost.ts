import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { type Running, start, stop, until } from '../../lab/process.ts';
import type { TargetSettings } from './target.ts';

/**
 * matrix-bifrost (1.0.3, backend xmpp-js) as a target:
 *
 *     BIFROST=<its folder> npm run bench -- delivery --target "node_modules/.bin/node test/bench/delivery/target-bifrost.ts"
 *
 * Its folder is a checkout of the tag 1.0.3 of github.com/matrix-org/matrix-bifrost, outside of this repository, made ready there by
 * `npx yarn@1 install --frozen-lockfile --ignore-optional --ignore-scripts && npx tsc`. Its library of encryption would fetch a
 * binary when it is installed: it is not used, `.stubs/crypto/index.js` may take the place of the package's `index.js`.
 *
 * Each room is there from the start as one that was plumbed, and its native people as accounts that were registered: what the store
 * has when the bridge is started again. It runs on our own Node, and logs only warnings (its sample logs each line): both are in its
 * favour. It answers a transaction before it has done anything, so a burst from Matrix is as large as the sink can make it: paces of
 * 1000 to 3000 say what it can do.
 */
const { folder, xmpp, matrix, database, links } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as TargetSettings;
const { homeserver, domain, asToken, hsToken, senderLocalpart, listen } = matrix;
const protocol = 'xmpp-js';
const userPrefix = '_bifrost_';
const bifrost = process.env.BIFROST ?? '';
const program = join(bifrost, 'lib', 'Program.js');
if (bifrost === '' || !existsSync(program)) {
  throw new Error(`BIFROST=${bifrost}: the folder of a matrix-bifrost that is built (how: ${import.meta.filename})`);
}
if (database === undefined) throw new Error('bifrost needs a Postgres: --database postgres');

const config = join(folder, 'config.yaml');
const registration = join(folder, 'registration.yaml');
const log = join(folder, 'bifrost.log');

/** JSON is YAML. */
function write(file: string, content: unknown): void {
  writeFileSync(file, JSON.stringify(content, null, 2), { mode: 0o600 });
}

write(registration, {
  id: 'bifrost',
  url: `http://${listen.host}:${listen.port}`,
  as_token: asToken,
  hs_token: hsToken,
  sender_localpart: senderLocalpart,
  rate_limited: false,
  namespaces: { users: [{ exclusive: true, regex: `@${userPrefix}.*` }], aliases: [], rooms: [] },
});
write(config, {
  bridge: { domain, homeserverUrl: homeserver, userPrefix, appservicePort: listen.port },
  datastore: { engine: 'postgres', connectionString: database },
  purple: {
    backend: protocol,
    backendOpts: { service: `xmpp://${xmpp.host}:${xmpp.port}`, domain: xmpp.domain, password: xmpp.secret },
  },
  portals: { enableGateway: false, aliases: {} },
  autoRegistration: {
    enabled: true,
    protocolSteps: { [protocol]: { type: 'implicit', parameters: { username: `<T_LOCALPART>_<T_DOMAIN>@${xmpp.domain}` } } },
  },
  metrics: { enabled: false },
  provisioning: { enablePlumbing: false },
  logging: { console: 'warn' },
});

function run(env: NodeJS.ProcessEnv): Running {
  const args = [program, '-c', config, '-f', registration, '-p', String(listen.port)];
  return start({ name: 'bifrost', command: process.execPath, args, log, cwd: bifrost, env });
}

async function ask<T>(method: 'GET' | 'POST', path: string): Promise<T> {
  const headers = { authorization: `Bearer ${asToken}`, 'content-type': 'application/json' };
  const answer = await fetch(`${homeserver}/_matrix/client/v3/${path}`, {
    method,
    headers,
    ...(method === 'POST' && { body: '{}' }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
  return (await answer.json()) as T;
}

const escaped = encodeURIComponent;

async function members(room: string): Promise<readonly string[]> {
  return Object.keys((await ask<{ joined: object }>('GET', `rooms/${escaped(room)}/joined_members`)).joined);
}

/** As its own command `!purple bridge` would; gives the room. */
async function plumb(client: pg.Client, muc: string, alias: string): Promise<string> {
  const { room_id: room } = await ask<{ room_id: string }>('GET', `directory/room/${escaped(alias)}`);
  await ask('POST', `join/${escaped(room)}`);
  const [name, server] = muc.split('@');
  await client.query(
    'insert into group_rooms (room_id, protocol_id, room_name, gateway, properties) values ($1, $2, $3, false, $4)',
    [room, protocol, muc, JSON.stringify({ room: name, server })],
  );
  for (const member of await members(room)) {
    const [localpart = '', host] = member.slice(1).split(':');
    if (localpart === senderLocalpart) continue;
    const account = `${localpart}_${host}@${xmpp.domain}`;
    await client.query(`insert into accounts (user_id, protocol_id, username, extra_data) values ($1, $2, $3, '{}')`, [
      member,
      protocol,
      account,
    ]);
  }
  return room;
}

// Its own words for: make the tables, and end.
const check = run({ BIFROST_CHECK_ONLY: 'true' });
await check.ended;
const client = new pg.Client({ connectionString: database });
await client.connect();
const rooms = new Set<string>();
for (const [muc, alias] of links) rooms.add(await plumb(client, muc, alias));
await client.end();

const running = run({});
process.on('SIGTERM', () => void stop(running, 1000).then(() => process.exit(0)));
// Who is in a MUC sees who else is there: a ghost in the room says that the MUC was entered.
const isLinked = async (): Promise<boolean> => {
  for (const room of rooms) {
    if (!(await members(room)).some((member) => member.startsWith(`@${userPrefix}`))) return false;
    rooms.delete(room);
  }
  return true;
};
await until('it is in every MUC', isLinked, { ms: 240_000, running });
console.log(`ready ${running.pid}`);
