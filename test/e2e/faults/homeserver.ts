import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Bench, Fault, Written } from './bench.ts';

/** Further registrations with one mistake each: id → what differs from a good one. Their tokens are made of their ids. */
const registrations: Readonly<Record<string, (good: Registration) => Partial<Registration>>> = {
  deaf: () => ({ url: 'http://127.0.0.1:1' }),
  silent: () => ({ url: null }),
  astray: ({ synapse }) => ({ url: synapse }),
  crowded: () => ({ regex: '@.*' }),
  narrow: () => ({ regex: '@_narrower_.*' }),
  // Nobody may register names that begin with `_`: only others can be taken.
  shared: () => ({ exclusive: false, regex: '@shared_.*' }),
  slow: () => ({ rateLimited: true }),
};

interface Registration {
  readonly synapse: string;
  readonly url: string | null;
  readonly regex: string;
  readonly exclusive: boolean;
  readonly rateLimited: boolean;
}

const tokenOf = (kind: string, id: string): string => `${kind}-token-of-${id}-0123456789`;

/** Gives them to Synapse, which must be restarted then; and lets everybody register, as on a public homeserver. */
export function register(bench: Bench): void {
  const { synapse, settings } = bench.shared.lab;
  const folder = join(bench.folder, 'synapse');
  const files = Object.entries(registrations).map(([id, change]) => {
    const good = { synapse: synapse.url, url: bridge(bench), regex: `@_${id}_.*`, exclusive: true, rateLimited: false };
    const { url, regex, exclusive, rateLimited } = { ...good, ...change(good) };
    const file = join(folder, `${id}.yaml`);
    const users = [{ exclusive: exclusive && id !== 'crowded', regex: `${regex}:${settings.matrixDomain}` }];
    if (exclusive) users.push({ exclusive: true, regex: `@${id}:${settings.matrixDomain}` });
    const all = {
      id,
      url,
      as_token: tokenOf('as', id),
      hs_token: tokenOf('hs', id),
      sender_localpart: id,
      rate_limited: rateLimited,
      namespaces: { users, aliases: [], rooms: [] },
    };
    writeFileSync(file, JSON.stringify(all));
    return file;
  });
  const config = join(folder, 'homeserver.yaml');
  const text = readFileSync(config, 'utf8').replace('registration.yaml]', `registration.yaml, ${files.join(', ')}]`);
  writeFileSync(config, text.replace('enable_registration: false', 'enable_registration: true'));
  appendFileSync(config, 'enable_registration_without_verification: true\n');
}

const bridge = ({ shared }: Bench): string => `http://127.0.0.1:${shared.lab.settings.ports.rialto}`;

/** We are the bridge of that registration. */
function as(id: string, prefix = `_${id}_`): NonNullable<Fault['config']> {
  return ({ networks }) => {
    Object.assign(networks.matrix, { id, bot: id, ghostPrefix: prefix, asToken: tokenOf('as', id), hsToken: tokenOf('hs', id) });
  };
}

function set(change: Record<string, string>): NonNullable<Fault['config']> {
  return ({ networks }: Written) => void Object.assign(networks.matrix, change);
}

/** A server between us and the homeserver; `port` is known once it listens. */
function between(name: string, code: string, listener: (bench: Bench) => RequestListener): Fault {
  const server = createServer();
  return {
    name,
    code,
    breaks: async (bench) => {
      server.on('request', listener(bench));
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      return () => {
        server.closeAllConnections();
        server.close();
      };
    },
    config: ({ networks }) => {
      networks.matrix.homeserver = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
  };
}

/** Passes everything on, but tells another time. */
const anHourLate =
  ({ shared }: Bench): RequestListener =>
  (incoming, outgoing) => {
    const { method, headers, url } = incoming;
    const onward = request(`${shared.lab.synapse.url}${url}`, { method, headers }, (answer) => {
      const date = new Date(Date.now() - 3_600_000).toUTCString();
      outgoing.writeHead(answer.statusCode ?? 500, { ...answer.headers, date });
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  };

const answering =
  (status: number): (() => RequestListener) =>
  () =>
  (_incoming, outgoing) =>
    void outgoing.writeHead(status, { 'content-type': 'text/html' }).end('<h1>It works</h1>');

export const homeserverFaults: readonly Fault[] = [
  { name: 'homeserver port closed', code: 'homeserver-unreachable', config: set({ homeserver: 'http://127.0.0.1:1' }) },
  {
    name: 'homeserver name that does not exist',
    code: 'homeserver-unreachable',
    config: set({ homeserver: 'http://nowhere.invalid' }),
  },
  between('homeserver down behind a proxy', 'homeserver-unreachable', answering(502)),
  between('web server in the place of the homeserver', 'homeserver-none', answering(404)),
  between('clock of the homeserver an hour behind', 'homeserver-clock', anHourLate),
  { name: 'as_token wrong', code: 'as-token', config: set({ asToken: 'another-token-than-theirs' }) },
  { name: 'hs_token wrong', code: 'hs-token', config: set({ hsToken: 'another-token-than-theirs' }) },
  { name: 'registration never given to the homeserver', code: 'registration-missing', config: as('unknown') },
  { name: 'server name wrong', code: 'server-name', config: set({ domain: 'matrix.example.org' }) },
  { name: 'bot of another name', code: 'registration-bot', config: set({ bot: 'bridge' }) },
  { name: 'registration of another id', code: 'registration-id', config: set({ id: 'rialto2' }) },
  { name: 'namespace of other ghosts', code: 'namespace', config: set({ ghostPrefix: '_bridge_' }) },
  { name: 'namespace that is narrower than ours', code: 'namespace', config: as('narrow') },
  { name: 'namespace of everybody', code: 'namespace-too-wide', config: as('crowded') },
  { name: 'namespace not exclusive', code: 'namespace-exclusive', config: as('shared', 'shared_') },
  { name: 'rate limits not lifted', code: 'rate-limit', config: as('slow') },
  { name: 'url of the registration where nobody listens', code: 'registration-url', config: as('deaf') },
  { name: 'no url in the registration', code: 'registration-url', config: as('silent') },
  { name: 'url of the registration leads to another server', code: 'registration-url', config: as('astray') },
  {
    name: 'port changed here, not in the registration',
    code: 'registration-url',
    config: ({ http }) => {
      http.port = 0;
    },
  },
];
