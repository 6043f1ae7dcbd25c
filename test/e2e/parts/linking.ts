import { expect, test } from '@jest/globals';
import type { Pair } from '../../lab/lab.ts';
import type { Person } from '../../lab/person.ts';
import { sleep, until } from '../../lab/process.ts';
import { heard, hears, present, type Shared, say, sees, seesNoMore } from '../lab.ts';

/** Talks until told to stop; gives the texts, each with when it had been said. */
function talker(person: Person, pair: Pair, word: string): () => Promise<{ text: string; at: number }[]> {
  let isOn = true;
  const said: { text: string; at: number }[] = [];
  const talk = async (): Promise<void> => {
    for (let n = 0; isOn; n += 1) {
      const text = `${word} ${n}`;
      await say(person, pair, text);
      said.push({ text, at: Date.now() });
      await sleep(60);
    }
  };
  const done = talk();
  return async () => {
    isOn = false;
    await done;
    return said;
  };
}

export function linking(shared: Shared): void {
  test('unlinked while people talk: what was said before is delivered, ghosts go, nothing crosses; linked again, it does', async () => {
    const { lab, juliet, romeo, alice, bob } = shared;
    const pair = await lab.pair('linking');
    const stops = [talker(juliet, pair, 'from xmpp'), talker(alice, pair, 'from matrix')];
    await sees([romeo], pair, 'Alice');
    await sees([bob], pair, 'Juliet');
    await sleep(1000);
    const begun = Date.now();
    await lab.rialto.ask('unlink', pair.xmpp);
    const cut = Date.now();
    await sleep(500);
    const [fromXmpp = [], fromMatrix = []] = await Promise.all(stops.map((stop) => stop()));
    await seesNoMore([juliet, romeo], pair, 'Alice');
    await seesNoMore([juliet, romeo], pair, 'Rialto');
    await seesNoMore([alice, bob], pair, 'Juliet');
    await sleep(500);
    for (const [lines, listener] of [
      [fromXmpp, bob],
      [fromMatrix, romeo],
    ] as const) {
      const got = heard(listener, pair).map(({ text }) => text);
      // 300 ms: what was said just before may have been on its way to the bridge.
      for (const { text, at } of lines) {
        const times = got.filter((one) => one === text).length;
        if (at < begun - 300) expect([text, times]).toEqual([text, 1]);
        else if (at > cut + 300) expect([text, times]).toEqual([text, 0]);
        else expect(times).toBeLessThanOrEqual(1);
      }
    }
    await lab.rialto.ask('link', pair.xmpp, pair.alias);
    await say(juliet, pair, 'back in Verona');
    await hears(bob, pair, 'back in Verona');
    await say(alice, pair, 'back in Wonderland');
    await hears(romeo, pair, 'back in Wonderland');
    expect(present(romeo, pair)).toContain('Alice');
    expect(heard(bob, pair).filter(({ text }) => text === 'back in Verona')).toHaveLength(1);
  });

  test('what is linked already is refused, and goes on', async () => {
    const { lab, juliet, romeo, alice, bob } = shared;
    const pair = await lab.pair('once');
    await expect(lab.rialto.ask('link', pair.xmpp, pair.alias)).rejects.toThrow('linked already');
    await expect(lab.rialto.ask('link', pair.xmpp, pair.matrix)).rejects.toThrow('these two are linked already');
    const other = await lab.pair('other');
    await expect(lab.rialto.ask('link', pair.xmpp, other.alias)).rejects.toThrow(/linked already|would close a circle/);
    await expect(lab.rialto.ask('link', pair.xmpp, other.matrix)).rejects.toThrow('would close a circle');
    for (const one of [pair, other]) {
      await say(juliet, one, 'still linked');
      await hears(bob, one, 'still linked');
      await say(alice, one, 'indeed');
      await hears(romeo, one, 'indeed');
    }
  });

  test('an encrypted Matrix room is refused, with the reason, and the MUC is free for another', async () => {
    const { lab, juliet, alice, bob } = shared;
    const pair = await lab.pair('secret', { link: false });
    const content = { algorithm: 'm.megolm.v1.aes-sha2' };
    await alice.client.sendStateEvent(pair.matrix, 'm.room.encryption' as never, content as never);
    await expect(lab.rialto.ask('link', pair.xmpp, pair.alias)).rejects.toThrow(/encrypt/);
    const open = await lab.pair('open', { link: false });
    await lab.rialto.ask('link', pair.xmpp, open.alias);
    await say(juliet, pair, 'no secrets');
    await hears(bob, { ...pair, matrix: open.matrix }, 'no secrets');
  });

  test('encryption that is switched on later is told in both rooms, once, and shown by links', async () => {
    const { lab, juliet, alice, bob } = shared;
    const pair = await lab.pair('secret-later');
    await say(alice, pair, 'last words');
    await hears(juliet, pair, 'last words');
    const content = { algorithm: 'm.megolm.v1.aes-sha2' };
    await alice.client.sendStateEvent(pair.matrix, 'm.room.encryption' as never, content as never);
    const told = 'Alice switched on encryption on the other side: what is said there from now on cannot be shown here';
    await hears(juliet, pair, told);
    const secret = {
      algorithm: 'm.megolm.v1.aes-sha2',
      ciphertext: 'AwgAEn',
      device_id: 'LAB',
      sender_key: 'a',
      session_id: 'b',
    };
    const before = heard(juliet, pair).length;
    for (let n = 0; n < 5; n += 1) await alice.send(pair.matrix, 'm.room.encrypted', { ...secret, session_id: `s${n}` });
    await alice.send(pair.matrix, 'm.room.message', { msgtype: 'm.text', body: 'and in the open' });
    await hears(juliet, pair, 'and in the open');
    const since = heard(juliet, pair).slice(before);
    expect(since.map(({ text }) => text)).toEqual(['[an encrypted message: cannot be shown here]', 'and in the open']);
    const notices = () => heard(bob, pair).filter(({ by, text }) => by === 'Rialto' && /encrypt/i.test(text));
    await until('Alice is told', () => notices().length >= 2);
    expect(notices().map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Encryption was switched on here/),
      expect.stringMatching(/^Alice: what you say here is encrypted/),
    ]);
    expect(JSON.stringify(await lab.rialto.ask('links'))).toContain('cannot be read (5 so far): link a new room');
    await say(juliet, pair, 'we hear you no more');
    await hears(bob, pair, 'we hear you no more');
  });
}
