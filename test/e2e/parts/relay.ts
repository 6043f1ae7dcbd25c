import { expect, test } from '@jest/globals';
import { until } from '../../lab/process.ts';
import { heard, hears, present, type Shared, say, sees, seesNoMore, shown } from '../lab.ts';

/** Ghosts that may not speak themselves: their lines are said by the bridge, and they are told so once. */
export function relay(shared: Shared): void {
  test('a members-only MUC: the listener says it, with the name; the author is told once', async () => {
    const { lab, juliet, romeo, alice, bob } = shared;
    const pair = await lab.pair('members');
    for (const jid of [romeo.jid, `rialto@people.${lab.settings.xmppDomain}`])
      await juliet.moderate(pair.xmpp, { affiliation: 'member', jid });
    await juliet.configure(pair.xmpp, { 'muc#roomconfig_membersonly': '1' });
    for (const text of ['one', 'two', 'three']) await say(bob, pair, text);
    for (const one of [juliet, romeo]) {
      await hears(one, pair, 'Bob: three');
      expect(shown(one, pair)).toEqual(['Rialto: Bob: one', 'Rialto: Bob: two', 'Rialto: Bob: three']);
      expect(present(one, pair)).not.toContain('Bob');
    }
    const notices = (): string[] => shown(bob, pair).filter((line) => line.startsWith('Rialto: '));
    await until('Bob has been told', () => notices().length > 0);
    await say(bob, pair, 'four');
    await hears(juliet, pair, 'Bob: four');
    expect(notices()).toEqual([expect.stringContaining('your messages are shown by the bridge, not under your own name')]);
    await say(juliet, pair, 'we hear you');
    await hears(alice, pair, 'we hear you');
  });

  test('a ghost that is banned in Matrix: the bot says it, with the name; the author is told once', async () => {
    const { juliet, romeo, alice, bob } = shared;
    const pair = await shared.lab.pair('banned');
    await say(romeo, pair, 'by my own voice');
    await sees([alice, bob], pair, 'Romeo');
    await hears(bob, pair, 'by my own voice');
    const ghost = alice.client
      .getRoom(pair.matrix)
      ?.getJoinedMembers()
      .find((one) => one.rawDisplayName === 'Romeo');
    await alice.client.ban(pair.matrix, ghost?.userId ?? '', 'too sweet');
    await seesNoMore([alice, bob], pair, 'Romeo');
    const known = romeo.others.length;
    for (const text of ['one', 'two', 'three']) await say(romeo, pair, text);
    for (const one of [alice, bob]) {
      await hears(one, pair, 'Romeo: three');
      const said = heard(one, pair).filter(({ text }) => text.startsWith('Romeo: '));
      expect(said.map(({ by, text }) => [by, text])).toEqual([
        ['Rialto', 'Romeo: one'],
        ['Rialto', 'Romeo: two'],
        ['Rialto', 'Romeo: three'],
      ]);
    }
    const told = (): (string | null)[] =>
      romeo.others
        .slice(known)
        .filter((one) => one.is('message') && one.attrs.from === `${pair.xmpp}/Rialto`)
        .map((one) => one.getChildText('body'));
    await until('Romeo has been told', () => told().length > 0);
    await say(romeo, pair, 'four');
    await hears(bob, pair, 'Romeo: four');
    expect(told()).toEqual([expect.stringContaining('shown by the bridge')]);
    await say(bob, pair, 'we hear you');
    await hears(juliet, pair, 'we hear you');
  });
}
