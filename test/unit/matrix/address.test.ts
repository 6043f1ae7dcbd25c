import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseRoom, userUri } from '../../../src/networks/matrix/address.ts';
import { registration } from '../../../src/networks/matrix/registration.ts';
import { configure } from './fake-core.ts';

test.each([
  ['#garden:example.org', 'im:%23garden@example.org'],
  ['#Größe:example.org:8448', 'im:%23Gr%C3%B6%C3%9Fe@example.org:8448'],
  ['!abc:example.org', 'im:!abc@example.org'],
  ['!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM', 'im:!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM@room-v12.invalid'],
])('%s is a room', (native, uri) => {
  expect(parseRoom(native)).toEqual({ native, uri });
});

test.each([
  ['https://matrix.to/#/%23garden%3Aexample.org?via=x', '#garden:example.org'],
  ['https://matrix.to/#/!abc:example.org', '!abc:example.org'],
  ['matrix:r/garden:example.org?action=join', '#garden:example.org'],
  ['matrix:roomid/abc:example.org', '!abc:example.org'],
])('%s leads to %s', (link, native) => {
  expect(parseRoom(link)?.native).toBe(native);
});

test.each([
  '',
  '#',
  '!',
  '#garden',
  '@alice:example.org',
  '!short',
  '#a b:example.org',
  '#a\0:example.org',
  `#${'a'.repeat(260)}:x.org`,
])('%j is no room', (text) => {
  expect(parseRoom(text)).toBeUndefined();
});

test('a user is an im: URI', () => {
  expect(userUri('@alice:example.org')).toBe('im:alice@example.org');
});

test('the registration claims the ghosts and the bot, exclusively and literally', () => {
  const text = registration(
    configure('http://x', { domain: 'example.org', ghostPrefix: '_r.a_', id: 'my "id"' }),
    'http://127.0.0.1:9000/',
  );
  const file = parse(text) as { namespaces: { users: { exclusive: boolean; regex: string }[] } };
  expect(file).toMatchObject({
    id: 'my "id"',
    url: 'http://127.0.0.1:9000',
    sender_localpart: 'rialto',
    rate_limited: false,
    receive_ephemeral: false,
    namespaces: { aliases: [], rooms: [] },
  });
  expect(file.namespaces.users.every((one) => one.exclusive)).toBe(true);
  const claims = (id: string): boolean => file.namespaces.users.some((one) => new RegExp(one.regex).test(id));
  expect(['@_r.a_irc_x:example.org', '@rialto:example.org'].map(claims)).toEqual([true, true]);
  expect(['@_rxa_irc_x:example.org', '@rialtox:example.org', '@_r.a_x:examplexorg', '@alice:example.org'].some(claims)).toBe(
    false,
  );
});
