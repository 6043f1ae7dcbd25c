import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { HttpRoutes } from '../../../src/admin/http-routes.ts';
import type { Finding } from '../../../src/networks/finding.ts';
import { check } from '../../../src/networks/matrix/check/check.ts';
import { config as schema } from '../../../src/networks/matrix/config.ts';

const room = '!garden:hs';
const hsToken = 'hs-token-0123456789';
type Answer = readonly [status: number, body: unknown];
type Ask = (query: URLSearchParams) => Answer | Promise<Answer>;

/** What a homeserver that knows us well answers, by the end of the path; each test changes one answer. */
function sound(): Record<string, Ask> {
  const no = (errcode: string, error: string): Answer => [403, { errcode, error }];
  return {
    versions: () => [200, { versions: ['v1.13'] }],
    whoami: (query) => {
      const user = query.get('user_id');
      if (user === null) return [200, { user_id: '@rialto:hs' }];
      if (user.startsWith('@_rialto_')) return no('M_FORBIDDEN', `Application service has not registered this user (${user})`);
      return no('M_FORBIDDEN', `Application service cannot masquerade as this user (${user}).`);
    },
    available: () => [400, { errcode: 'M_EXCLUSIVE', error: 'reserved' }],
    search: () => [200, { results: [] }],
    hierarchy: () => [403, { errcode: 'M_FORBIDDEN', error: 'no such room' }],
    ping: () => arrives(hsToken),
    joined_members: () => [200, { joined: { '@rialto:hs': {}, '@alice:hs': {} } }],
    state: () => [200, [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'public' } }]],
  };
}

let answers: Record<string, Ask>;
let server: Server;
let routes: HttpRoutes;

/** The homeserver comes to us. */
async function arrives(token: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await routes.answer({ method: 'POST', path: '/_matrix/app/v1/ping', query: {}, headers, body: {} });
  if (answer?.status === 200) return [200, { duration_ms: 1 }];
  return [502, { errcode: 'M_BAD_STATUS', error: `HTTP ${answer?.status} Forbidden` }];
}

beforeEach(async () => {
  answers = sound();
  routes = new HttpRoutes();
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://hs');
    const last = url.pathname.split('/').at(-1) ?? '';
    const missing: Answer = [404, { errcode: 'M_NOT_FOUND', error: 'no such thing' }];
    const say = async (): Promise<void> => {
      const [status, body] = (await answers[last]?.(url.searchParams)) ?? missing;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    void say();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

async function findings(): Promise<Finding[]> {
  const homeserver = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = schema.parse({ homeserver, domain: 'hs', asToken: 'as-token-0123456789', hsToken });
  const rooms = [{ address: { native: room, uri: 'im:garden@hs' }, beside: [] }];
  const found: Finding[] = [];
  for await (const one of check(config, { network: 'one', rooms, url: 'http://us', http: routes })) found.push(one);
  return found;
}

test('a homeserver that knows us well has no fault', async () => {
  const found = await findings();
  expect(found.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect(found.map(({ code }) => code)).toContain('ping');
});

const refused =
  (errcode: string, status = 403): Ask =>
  () => [status, { errcode, error: errcode }];
test.each<[string, Record<string, Ask>, string]>([
  ['is none', { versions: () => [200, { hello: 'world' }] }, 'homeserver-none'],
  ['is away behind a proxy', { versions: () => [503, {}] }, 'homeserver-unreachable'],
  ['knows another name for itself', { whoami: () => [200, { user_id: '@rialto:other' }] }, 'server-name'],
  ['knows another name for us', { whoami: () => [200, { user_id: '@bridge:hs' }] }, 'registration-bot'],
  ['knows nothing of us', { whoami: refused('M_UNKNOWN_TOKEN', 401) }, 'registration-missing'],
  [
    'knows us by another token',
    { whoami: refused('M_UNKNOWN_TOKEN', 401), '%40rialto%3Ahs': () => [200, { displayname: 'Rialto' }] },
    'as-token',
  ],
  ['lets others take our names', { available: () => [200, { available: true }] }, 'namespace-exclusive'],
  ['shows ghosts in its directory', { search: () => [200, { results: [{ user_id: '@_rialto_x:hs' }] }] }, 'namespace-exclusive'],
  ['slows us down', { hierarchy: refused('M_LIMIT_EXCEEDED', 429) }, 'rate-limit'],
  ['has another hs_token', { ping: () => arrives('another-token') }, 'hs-token'],
  ['reaches somebody else', { ping: () => [200, { duration_ms: 1 }] }, 'registration-url'],
  [
    'does not reach us',
    { ping: () => [502, { errcode: 'M_CONNECTION_FAILED', error: 'Connection was refused' }] },
    'registration-url',
  ],
  ['has no url for us', { ping: refused('M_URL_NOT_SET', 400) }, 'registration-url'],
  ['has another id for us', { ping: refused('M_FORBIDDEN') }, 'registration-id'],
])('one that %s', async (_, changed, code) => {
  Object.assign(answers, changed);
  const wrong = (await findings()).filter(({ verdict }) => verdict === 'fault' || verdict === 'warning');
  expect(wrong).toEqual([expect.objectContaining({ code, fix: expect.any(String) })]);
});

test('one that knows no ping cannot be asked to come, which is no fault', async () => {
  answers.ping = refused('M_UNRECOGNIZED', 404);
  expect(await findings()).toContainEqual(expect.objectContaining({ code: 'ping', verdict: 'skipped' }));
});

test('what it brings while the bridge is stopped is not taken', async () => {
  await findings();
  const path = '/_matrix/app/v1/transactions/7';
  const headers = { authorization: `Bearer ${hsToken}` };
  expect(await routes.answer({ method: 'PUT', path, query: {}, headers, body: { events: [] } })).toMatchObject({ status: 503 });
});

test.each<[string, Record<string, Ask>, string, string]>([
  [
    'that nobody lets in',
    { joined_members: refused('M_FORBIDDEN'), [encodeURIComponent(room)]: refused('M_FORBIDDEN'), state: refused('M_FORBIDDEN') },
    'bot-outside',
    'fault',
  ],
  [
    'outside of a public room',
    {
      joined_members: refused('M_FORBIDDEN'),
      [encodeURIComponent(room)]: () => [200, { membership: 'leave', join_rule: 'public' }],
    },
    'bot-outside',
    'warning',
  ],
  [
    'banned from a public room',
    {
      joined_members: refused('M_FORBIDDEN'),
      [encodeURIComponent(room)]: () => [200, { membership: 'ban', join_rule: 'public' }],
    },
    'bot-banned',
    'fault',
  ],
])('a bot that is %s', async (_, changed, code, verdict) => {
  Object.assign(answers, changed);
  expect(await findings()).toContainEqual(expect.objectContaining({ code, verdict, room }));
});
