import { expect, test } from '@jest/globals';
import type { Person } from '../../lab/person.ts';
import { until } from '../../lab/process.ts';
import { roomOf, type Spoken, settled, verify } from '../../lab/talk.ts';
import { everybody, hears, present, type Shared, say, sees, seesNoMore, shown } from '../lab.ts';

/** Who says what to whom, and who is shown to be there. */
export function talking(shared: Shared): void {
  test('every line is seen once, in order, under the right name, by everybody on both sides', async () => {
    const pair = await shared.lab.pair('talk');
    const people = everybody(shared);
    const spoken: Spoken[] = [];
    const talk = async (person: Person): Promise<void> => {
      for (let n = 0; n < 12; n += 1) {
        const text = `${person.name} says ${n}`;
        await say(person, pair, text);
        spoken.push({ by: person.name, side: person.side, text, pair, at: Date.now(), listeners: people });
      }
    };
    await Promise.all(people.map(talk));
    await settled(spoken, 20_000);
    expect(verify(spoken)).toEqual([]);
    for (const person of people) expect(person.heard(roomOf(pair, person))).toHaveLength(spoken.length);
  });

  test('emotes are emotes on both sides', async () => {
    const { juliet, romeo, alice, bob } = shared;
    const pair = await shared.lab.pair('emotes');
    await juliet.emote(pair.xmpp, 'waves');
    for (const one of everybody(shared)) await hears(one, pair, '/me waves');
    await alice.emote(pair.matrix, 'waves back');
    for (const one of everybody(shared)) await hears(one, pair, '/me waves back');
    for (const one of [romeo, bob]) expect(shown(one, pair)).toEqual(['Juliet: /me waves', 'Alice: /me waves back']);
  });

  test('formatting is formatting on both sides', async () => {
    const { juliet, romeo, alice, bob } = shared;
    const pair = await shared.lab.pair('formatted');
    const body = '*so* it _is_\n> what you said\n```sh\nls *\n```';
    await say(juliet, pair, body);
    for (const one of [alice, bob]) await hears(one, pair, body);
    const events = alice.client.getRoom(pair.matrix)?.getLiveTimeline().getEvents() ?? [];
    const html =
      '<strong>so</strong> it <em>is</em><blockquote>what you said</blockquote><pre><code class="language-sh">ls *</code></pre>';
    expect(events.map((event) => event.getContent()).find((content) => content.body === body)).toMatchObject({
      format: 'org.matrix.custom.html',
      formatted_body: html,
    });
    const formatted = { format: 'org.matrix.custom.html', formatted_body: 'I <b>mean</b> <a href="https://e.org/">it</a>' };
    await alice.send(pair.matrix, 'm.room.message', { msgtype: 'm.text', body: 'I **mean** it', ...formatted });
    await hears(romeo, pair, 'I *mean* it (https://e.org/)');
  });

  test('who speaks becomes somebody of his own over there, under his name; who only joined does not', async () => {
    const { juliet, romeo, alice, bob } = shared;
    const pair = await shared.lab.pair('seats');
    expect(present(romeo, pair)).not.toContain('Alice');
    await say(alice, pair, 'it is me');
    await sees([juliet, romeo], pair, 'Alice');
    await say(juliet, pair, 'and me');
    await sees([alice, bob], pair, 'Juliet');
    await hears(romeo, pair, 'it is me');
    await hears(bob, pair, 'and me');
    for (const one of [juliet, romeo]) expect(present(one, pair)).not.toContain('Bob');
    for (const one of [alice, bob]) expect(present(one, pair)).not.toContain('Romeo');
  });

  test('two people of one name are told apart, and both are heard', async () => {
    const { juliet, romeo, alice, bob } = shared;
    const pair = await shared.lab.pair('twins');
    const content = { membership: 'join', displayname: 'Alice' };
    await bob.client.sendStateEvent(pair.matrix, 'm.room.member' as never, content as never, bob.userId);
    await say(alice, pair, 'I am Alice');
    await say(bob, pair, 'I am Alice too');
    for (const one of [juliet, romeo]) {
      await hears(one, pair, 'I am Alice too');
      const [first, second] = one.heard(pair.xmpp);
      expect(first).toMatchObject({ by: 'Alice', text: 'I am Alice' });
      expect(second?.by).toMatch(/^Alice.+/);
      expect(present(one, pair)).toEqual(expect.arrayContaining(['Alice', second?.by]));
    }
  });

  test('who has spoken and leaves is gone on the other side too', async () => {
    const { juliet, romeo, alice, bob } = shared;
    const pair = await shared.lab.pair('leaving');
    await say(romeo, pair, 'I was here');
    await say(bob, pair, 'so was I');
    await sees([alice, bob], pair, 'Romeo');
    await sees([juliet, romeo], pair, 'Bob');
    await romeo.leave(pair.xmpp);
    await seesNoMore([alice, bob], pair, 'Romeo');
    await bob.leave(pair.matrix);
    await seesNoMore([juliet], pair, 'Bob');
    await say(juliet, pair, 'and they are gone');
    await hears(alice, pair, 'and they are gone');
  });

  test('with all seats everybody is there at once', async () => {
    const { juliet, romeo, alice, bob } = shared;
    const pair = await shared.lab.pair('everyone', { seats: 'all' });
    for (const name of ['Alice', 'Bob']) await sees([juliet, romeo], pair, name);
    for (const name of ['Juliet', 'Romeo']) await sees([alice, bob], pair, name);
  });

  test('a change of nick and one of display name show on the other side', async () => {
    const { juliet, romeo, alice, bob } = shared;
    const pair = await shared.lab.pair('names');
    await say(juliet, pair, 'I am still Juliet');
    await say(alice, pair, 'I am still Alice');
    await sees([alice, bob], pair, 'Juliet');
    await sees([juliet, romeo], pair, 'Alice');
    await juliet.rename('Capulet', pair.xmpp);
    await sees([alice, bob], pair, 'Capulet');
    await seesNoMore([alice, bob], pair, 'Juliet');
    await say(juliet, pair, 'deny thy father');
    const content = { membership: 'join', displayname: 'Liddell' };
    await alice.client.sendStateEvent(pair.matrix, 'm.room.member' as never, content as never, alice.userId);
    await sees([juliet, romeo], pair, 'Liddell');
    await seesNoMore([juliet, romeo], pair, 'Alice');
    await say(alice, pair, 'curiouser');
    await until('everybody has heard', () => everybody(shared).every((one) => one.heard(roomOf(pair, one)).length === 4));
    expect(shown(bob, pair)).toContain('Capulet: deny thy father');
    expect(shown(romeo, pair)).toContain('Liddell: curiouser');
    await juliet.rename('Juliet', pair.xmpp);
  });
}
