import { expect, test } from '@jest/globals';
import type { Pair } from '../../lab/lab.ts';
import { until } from '../../lab/process.ts';
import { hears, type Shared, say } from '../lab.ts';

interface Case {
  readonly what: string;
  /** Makes the room so. */
  readonly make?: (shared: Shared, pair: Pair) => Promise<unknown>;
  /** In the place of the rooms that were made. */
  readonly instead?: (shared: Shared) => Partial<Pair>;
  readonly text: RegExp;
  /** Accepting this makes the link. */
  readonly accept?: string;
}

const state = ({ alice }: Shared, { matrix }: Pair, type: string, content: object): Promise<unknown> =>
  alice.client.sendStateEvent(matrix, type as never, content as never);

/** As it is, with these changes. */
async function power(shared: Shared, pair: Pair, change: object): Promise<void> {
  const now = await shared.alice.client.getStateEvent(pair.matrix, 'm.room.power_levels', '');
  await state(shared, pair, 'm.room.power_levels', { ...now, ...change });
}

const bot = ({ lab }: Shared): string => `@rialto:${lab.settings.matrixDomain}`;
const listener = ({ lab }: Shared): string => `rialto@people.${lab.settings.xmppDomain}`;

const cases: readonly Case[] = [
  {
    what: 'an encrypted Matrix room',
    make: (shared, pair) => state(shared, pair, 'm.room.encryption', { algorithm: 'm.megolm.v1.aes-sha2' }),
    text: /encrypted.*link another room/,
  },
  {
    what: 'a Matrix room that the bot is not invited to',
    make: async (shared, pair) => {
      await state(shared, pair, 'm.room.join_rules', { join_rule: 'invite' });
      await shared.alice.client.kick(pair.matrix, bot(shared));
    },
    text: /may not enter: invite @rialto:/,
  },
  {
    what: 'a Matrix room that the bot is banned from',
    make: (shared, pair) => shared.alice.client.ban(pair.matrix, bot(shared)),
    text: /banned.*lift the ban on @rialto:/,
  },
  {
    what: 'an alias that nobody knows',
    instead: ({ lab }) => ({ alias: `#nowhere:${lab.settings.matrixDomain}` }),
    text: /no room with the alias #nowhere:.*make the room first/,
  },
  {
    what: 'a Matrix room that does not exist',
    instead: ({ lab }) => ({ alias: `!nowhere:${lab.settings.matrixDomain}` }),
    text: /cannot enter !nowhere:.*give an alias/,
  },
  {
    what: 'a Matrix room where the bot may not speak',
    make: (shared, pair) => power(shared, pair, { events_default: 50 }),
    text: /may not speak.*give @rialto:.* a power level of 50/,
  },
  {
    what: 'a closed Matrix room where the bot may not invite',
    make: async (shared, pair) => {
      await state(shared, pair, 'm.room.join_rules', { join_rule: 'invite' });
      await shared.alice.client.invite(pair.matrix, bot(shared)).catch(() => {});
      await power(shared, pair, { invite: 50 });
    },
    text: /may not invite: give @rialto:.* a power level of 50; or accept it: --accept relay/,
    accept: 'relay',
  },
  {
    what: 'a Matrix room with another bridge to the same kind of network',
    make: async ({ alice }, pair) => {
      const content = { bridgebot: '@bifrost:far.example', protocol: { id: 'xmpp' }, channel: { id: pair.xmpp } };
      await alice.client.sendStateEvent(pair.matrix, 'm.bridge' as never, content as never, 'org.example.bifrost://x');
    },
    text: /another bridge \(@bifrost:far.example, xmpp, .*these very rooms.*remove it first; or accept it: --accept other-bridge/,
    accept: 'other-bridge',
  },
  {
    what: 'a MUC for members only',
    make: ({ juliet }, pair) => juliet.configure(pair.xmpp, { 'muc#roomconfig_membersonly': '1' }),
    text: /members only: make rialto@people\..* a member/,
  },
  {
    what: 'a MUC with a password',
    make: ({ juliet }, pair) =>
      juliet.configure(pair.xmpp, { 'muc#roomconfig_passwordprotectedroom': '1', 'muc#roomconfig_roomsecret': 'sesame' }),
    text: /has a password.*remove the password/,
  },
  {
    what: 'a MUC that the listener is banned from',
    make: (shared, pair) => shared.juliet.moderate(pair.xmpp, { jid: listener(shared), affiliation: 'outcast' }),
    text: /banned from the room: lift the ban on rialto@people\./,
  },
  {
    what: 'a MUC that gives the listener no voice',
    // ejabberd makes newcomers visitors only if it is told to.
    make: ({ juliet }, pair) => juliet.configure(pair.xmpp, { 'muc#roomconfig_moderatedroom': '1', members_by_default: '0' }),
    text: /gives the listener no voice: give voice to rialto@people\./,
  },
  {
    what: 'a MUC that does not exist',
    instead: ({ lab }) => ({ xmpp: `nowhere@rooms.${lab.settings.xmppDomain}` }),
    text: /there is no such room: check the address, or make the room first/,
  },
  {
    what: 'an address that is no MUC',
    instead: ({ juliet }) => ({ xmpp: juliet.jid }),
    text: /no room/,
  },
  {
    what: 'a MUC without an archive',
    make: ({ juliet }, pair) => juliet.configure(pair.xmpp, { 'muc#roomconfig_enablearchiving': '0' }),
    text: /no archive.*switch the archive on; or accept it: --accept no-archive/,
    accept: 'no-archive',
  },
];

/** A link that cannot work is refused, with the reason and the remedy, and leaves nothing behind. */
export function refusals(shared: Shared): void {
  test.each(cases)('$what is refused', async ({ what, make, instead, text, accept }) => {
    const { lab, juliet, alice, bob } = shared;
    const made = await lab.pair(what.toLowerCase().replace(/[^a-z]+/g, '-'), { link: false });
    await make?.(shared, made);
    const pair = { ...made, ...instead?.(shared) };
    await expect(lab.rialto.ask('link', pair.xmpp, pair.alias)).rejects.toThrow(text);
    expect(JSON.stringify(await lab.rialto.ask('links'))).not.toContain(pair.xmpp);
    if (accept === undefined) return;
    const { warnings } = await lab.rialto.ask('link', pair.xmpp, pair.alias, '--accept', accept);
    expect((warnings as string[]).length).toBeGreaterThan(0);
    await say(juliet, pair, 'linked all the same');
    await hears(bob, pair, accept === 'relay' ? 'Juliet: linked all the same' : 'linked all the same');
    await say(alice, pair, 'so it seems');
    await hears(juliet, pair, 'so it seems');
  });

  test('a room that does not exist has not been made by asking for it', async () => {
    const { lab, juliet } = shared;
    const nowhere = `nowhere@rooms.${lab.settings.xmppDomain}`;
    await expect(lab.rialto.ask('link', nowhere, `#nowhere:${lab.settings.matrixDomain}`)).rejects.toThrow(
      /no such room|no room/,
    );
    expect(await juliet.isRoom(nowhere)).toBe(false);
  });

  test('the Matrix room says what it is linked to, and no more when it is not', async () => {
    const { lab, alice } = shared;
    const pair = await lab.pair('marked', { link: false });
    await power(shared, pair, { users: { [bot(shared)]: 50 } });
    await lab.rialto.ask('link', pair.xmpp, pair.alias);
    const marks = async (): Promise<unknown[]> => {
      const all = await alice.client.roomState(pair.matrix);
      return all.filter(({ type }) => type === 'm.bridge').map(({ content }) => content);
    };
    await until('the room has the mark', async () => (await marks()).length > 0);
    expect(await marks()).toMatchObject([{ protocol: { id: 'xmpp' }, channel: { id: pair.xmpp } }]);
    await lab.rialto.ask('unlink', pair.alias);
    await until('the mark is taken back', async () => JSON.stringify(await marks()) === '[{}]');
  });
}
