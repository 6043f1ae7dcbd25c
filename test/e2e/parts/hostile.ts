import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Lab, Pair } from '../../lab/lab.ts';
import type { Person } from '../../lab/person.ts';
import { until } from '../../lab/process.ts';
import { heard, logOf, present, type Shared } from '../lab.ts';

/** What people call themselves and say, to the harm of whoever has to write it into XML or JSON. */
const nasty: readonly string[] = [
  '\u0001\u0002\u0007\u001b[31m',
  'NUL\u0000NUL',
  "O'Brien's",
  '"quoted" \\ \\"',
  '<b>&amp;]]>',
  '</body></message></stream:stream>',
  '<!DOCTYPE x [<!ENTITY a "b">]>&a;',
  '<?xml version="1.0"?><![CDATA[x]]>',
  'שלום עולם',
  '\u202Eevil\u202C',
  '\u2066iso\u2067late',
  '\u200Bzero\u200Cwidth\uFEFF',
  '\u00AD\u180E\u2060',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  'a'.repeat(255),
  'é'.repeat(127),
  '   ',
  '\u3000\u00A0',
  `Z${'\u0300\u0301\u0302\u0336'.repeat(20)}`,
  '/me',
  '/me ',
  'a/b@c:d#e!f',
  'tab\there',
  'two\nlines\r\nand three',
  '\uFFFE\uFFFF\uFDD0',
  '\uD800 lone \uDC00',
  '𝕬𝖑𝖎𝖈𝖊 𐀀\u{10FFFF}',
  'ﬁ Ⅷ ㎏ ⁵',
  'Rialto',
  '%s%n${x}{{y}}`$(z)`',
  '..',
  '\u0085\u2028\u2029',
];

const long = 'long '.repeat(8000);
const mark = (n: number): string => `marker-${n}-end`;
const bodies = nasty
  .map((text, n) => `${text}${mark(n)}${text}`)
  .concat(`${mark(nasty.length)}${long}`, `${mark(nasty.length + 1)}${'\n'.repeat(300)}x`);
const marker = (text: string): string | undefined => /marker-\d+-end/.exec(text)?.[0];

/** How often each marker was shown, and by whom. */
function marked(person: Person, pair: Pair): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { by, text } of heard(person, pair)) {
    const key = marker(text);
    if (key !== undefined) found.set(key, [...(found.get(key) ?? []), by]);
  }
  return found;
}

async function everywhere(listeners: readonly Person[], pair: Pair, keys: readonly string[]): Promise<void> {
  const all = (): boolean => listeners.every((one) => keys.every((key) => marked(one, pair).has(key)));
  await until('everything has arrived', all, { ms: 40_000 }).catch(() => {});
  for (const one of listeners) {
    const got = marked(one, pair);
    expect({ who: one.name, missing: keys.filter((key) => !got.has(key)) }).toEqual({ who: one.name, missing: [] });
    expect({ who: one.name, doubled: keys.filter((key) => got.get(key)?.length !== 1) }).toEqual({ who: one.name, doubled: [] });
  }
}

async function call<T>(
  lab: Lab,
  method: string,
  path: string,
  given: { token?: string; body?: object },
): Promise<{ ok: boolean; body: T }> {
  const headers = given.token === undefined ? {} : { authorization: `Bearer ${given.token}` };
  const rest = given.body === undefined ? {} : { body: JSON.stringify(given.body) };
  const answer = await fetch(`${lab.synapse.url}${path}`, { method, headers, ...rest });
  return { ok: answer.ok, body: (await answer.json()) as T };
}

/** Somebody new in the Matrix room, who says one line under a name that he has there; false if the homeserver takes one of them not. */
async function guest(lab: Lab, pair: Pair, n: number, name: string): Promise<boolean> {
  const path = '/_synapse/admin/v1/register';
  const { nonce } = (await call<{ nonce: string }>(lab, 'GET', path, {})).body;
  const username = `guest${n}`;
  const mac = createHmac('sha1', lab.settings.secret).update([nonce, username, 'x', 'notadmin'].join('\0')).digest('hex');
  const made = await call<{ access_token: string; user_id: string }>(lab, 'POST', path, {
    body: { nonce, username, password: 'x', admin: false, mac },
  });
  const { access_token: token, user_id: id } = made.body;
  const room = `/_matrix/client/v3/rooms/${encodeURIComponent(pair.matrix)}`;
  await call(lab, 'POST', `${room}/join`, { token, body: {} });
  const named = await call(lab, 'PUT', `${room}/state/m.room.member/${encodeURIComponent(id)}`, {
    token,
    body: { membership: 'join', displayname: name },
  });
  const said = await call(lab, 'PUT', `${room}/send/m.room.message/hostile${n}`, {
    token,
    body: { msgtype: 'm.text', body: bodies[n] },
  });
  if (!named.ok || !said.ok) process.stderr.write(`Synapse refuses ${JSON.stringify(named.ok ? bodies[n] : name)}\n`);
  return said.ok;
}

// What an XML stream may hold (XML 1.0 §2.2); the rest no client could send.
const legal = (text: string): string =>
  text.toWellFormed().replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');

/** As it is, without spaces at its ends; a name is shown in 120 graphemes at most. */
function isShownAs(nick: string, name: string): boolean {
  return name.length === 120 && name.endsWith('…') ? nick.startsWith(name.slice(0, -1)) : name === nick.trim();
}

export function hostile(shared: Shared): void {
  const components = (): number => logOf(shared).split('component online').length - 1;

  test('hostile display names and bodies from Matrix: nothing is dropped, one ghost for each, the link holds', async () => {
    const before = components();
    const { lab, juliet, romeo, bob } = shared;
    const pair = await lab.pair('hostile-matrix');
    const taken: number[] = [];
    for (const [n, name] of nasty.entries()) if (await guest(lab, pair, n, name)) taken.push(n);
    for (const n of [nasty.length, nasty.length + 1]) {
      await bob.say(pair.matrix, bodies[n] ?? '');
      taken.push(n);
    }
    expect(taken.length).toBeGreaterThanOrEqual(30);
    await everywhere([juliet, romeo], pair, taken.map(mark));
    const names = taken.filter((n) => n < nasty.length).map((n) => marked(romeo, pair).get(mark(n))?.[0] ?? '');
    expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([]);
    for (const name of names) expect(name.trim()).not.toBe('');
    expect(names).not.toContain('Rialto');
    for (const n of [2, 4, 5]) expect(marked(romeo, pair).get(mark(n))).toEqual([nasty[n]]);
    expect(present(romeo, pair)).toEqual(expect.arrayContaining(names));
    expect(components()).toBe(before);
  }, 120_000);

  test('hostile nicks and bodies from XMPP: nothing is dropped, and each is shown under the nick of then', async () => {
    const before = components();
    const { lab, juliet, romeo, alice, bob } = shared;
    const pair = await lab.pair('hostile-xmpp');
    let renamed = 0;
    for (const [n, text] of bodies.entries()) {
      const nick = legal(nasty[n] ?? '');
      if (nick.trim() !== '') {
        const before = new Set(present(juliet, pair));
        // A nick that the server refuses stays what it was; one that it folds is never heard of by the name we asked for.
        void romeo.rename(nick, pair.xmpp).catch(() => {});
        const isNew = (): boolean => present(juliet, pair).some((one) => !before.has(one));
        await until('there is a new nick', isNew, { ms: 600 }).then(
          () => (renamed += 1),
          () => process.stderr.write(`${shared.lab.server.kind} refuses the nick ${JSON.stringify(nick)}\n`),
        );
      }
      await romeo.say(pair.xmpp, legal(text));
    }
    const keys = bodies.map((_, n) => mark(n));
    await everywhere([juliet, alice, bob], pair, keys);
    expect(renamed).toBeGreaterThanOrEqual(10);
    const wrong = keys.filter(
      (key) => !isShownAs(marked(juliet, pair).get(key)?.[0] ?? '', marked(alice, pair).get(key)?.[0] ?? ''),
    );
    expect(wrong.map((key) => [marked(juliet, pair).get(key), marked(alice, pair).get(key)])).toEqual([]);
    expect(components()).toBe(before);
  }, 120_000);
}
