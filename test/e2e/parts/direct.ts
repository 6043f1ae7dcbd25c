import { expect, test } from '@jest/globals';
import { xml } from '@xmpp/client';
import type { Room } from 'matrix-js-sdk';
import { ghostId } from '../../../src/networks/matrix/ids.ts';
import { ghostLocal } from '../../../src/networks/xmpp/ids.ts';
import type { MatrixPerson } from '../../lab/matrix-person.ts';
import { until } from '../../lab/process.ts';
import type { XmppPerson } from '../../lab/xmpp-person.ts';
import type { Shared } from '../lab.ts';

const MS = 30_000;

/** Where `person` of Matrix is spoken to from XMPP. */
function jidOf({ lab }: Shared, userId: string): string {
  const local = ghostLocal({ network: 'matrix', key: '', weak: false, address: { native: userId, uri: '' } });
  return `${local}@people.${lab.settings.xmppDomain}`;
}

/** Where somebody of XMPP is spoken to from Matrix. */
function userIdOf({ lab }: Shared, jid: string): string {
  const person = { network: 'xmpp', key: '', weak: false, address: { native: jid, uri: '' } };
  return ghostId(person, { prefix: '_rialto_', domain: lab.settings.matrixDomain });
}

/** The bodies that `from` has written to a person of XMPP. */
function letters(to: XmppPerson, from: string): string[] {
  const own = to.others.filter((one) => one.is('message') && one.attrs.type === 'chat' && one.attrs.from === from);
  return own.map((one) => one.getChildText('body') ?? '');
}

function rooms(person: MatrixPerson, by: string): Room[] {
  return person.client.getRooms().filter((room) => room.getMyMembership() === 'invite' && room.getDMInviter() === by);
}

/** The direct room that somebody has invited him to, entered. */
async function invited(person: MatrixPerson, by: string): Promise<string> {
  await until(`${person.name} is invited`, () => rooms(person, by).length > 0, { ms: MS });
  const id = rooms(person, by)[0]?.roomId ?? '';
  // Nobody answers at once; and a sync that is under way would tell matrix-js-sdk of the invitation after the join.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await person.join(id);
  return id;
}

/** A chat that somebody of Matrix begins. */
async function begun(person: MatrixPerson, with_: string, more: object = {}): Promise<string> {
  const made = { preset: 'trusted_private_chat', is_direct: true, invite: [with_], ...more };
  const { room_id: id } = await person.client.createRoom(made as Parameters<typeof person.client.createRoom>[0]);
  return id;
}

const texts = (person: MatrixPerson, room: string): string[] => person.heard(room).map((line) => line.text);

/** What people say to one another alone, with nobody having linked anything. */
export function direct(shared: Shared): void {
  test('somebody of XMPP writes to somebody of Matrix and is answered; the next line finds the same room, also after a crash', async () => {
    const { juliet, alice, lab } = shared;
    const to = jidOf(shared, alice.userId);
    await juliet.write(to, xml('body', {}, 'are you there?'));
    await juliet.write(to, xml('body', {}, 'it is me'));
    const room = await invited(alice, userIdOf(shared, juliet.jid));
    await until('she hears both', () => texts(alice, room).length === 2, { ms: MS });
    expect(texts(alice, room)).toEqual(['are you there?', 'it is me']);
    expect([...alice.present(room)].sort()).toEqual(['Alice', 'juliet']);
    await alice.say(room, 'I am');
    await until('she is answered', () => letters(juliet, to).length === 1, { ms: MS });
    await lab.rialto.kill();
    await lab.rialto.ready();
    await juliet.write(to, xml('body', {}, 'and now?'));
    await alice.say(room, 'still here');
    await until('both go on', () => texts(alice, room).includes('and now?') && letters(juliet, to).includes('still here'), {
      ms: MS,
    });
    expect(alice.client.getRooms().filter((one) => one.getDMInviter() === userIdOf(shared, juliet.jid))).toHaveLength(1);
  }, 120_000);

  test('somebody of Matrix writes to somebody of XMPP and is answered', async () => {
    const { romeo, bob } = shared;
    const ghost = userIdOf(shared, romeo.jid);
    const room = await begun(bob, ghost);
    await bob.say(room, 'hello Romeo');
    const from = jidOf(shared, bob.userId);
    await until('he hears it', () => letters(romeo, from).includes('hello Romeo'), { ms: MS });
    await romeo.write(from, xml('body', {}, 'hello Bob'));
    await until('he is answered', () => texts(bob, room).includes('hello Bob'), { ms: MS });
    expect(bob.heard(room).find((line) => line.text === 'hello Bob')?.by).toBe('romeo');
  }, 60_000);

  test('corrections and reactions name the line that they are about', async () => {
    const { romeo, bob } = shared;
    const from = jidOf(shared, bob.userId);
    const ghost = userIdOf(shared, romeo.jid);
    const room = bob.client.getRooms().find((one) => one.getMember(ghost)?.membership === 'join')?.roomId ?? '';
    const first = await romeo.write(from, xml('body', {}, 'tpyo'));
    await romeo.write(from, xml('body', {}, 'typo'), xml('replace', { xmlns: 'urn:xmpp:message-correct:0', id: first }));
    await until(
      'the correction is seen as one',
      () => texts(bob, room).some((text) => text.includes('typo') && text !== 'typo'),
      { ms: MS },
    );
    const heard = bob.client
      .getRoom(room)
      ?.getLiveTimeline()
      .getEvents()
      .find((event) => event.getContent().body === 'tpyo');
    await bob.send(room, 'm.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id: heard?.getId(), key: '👍' } });
    await until('the reaction is told', () => letters(romeo, from).some((text) => text.includes('👍') && text.includes('tpyo')), {
      ms: MS,
    });
  }, 60_000);

  test('who is not there is named: to XMPP by an error with the id of the message, to Matrix in words', async () => {
    const { juliet, bob, lab } = shared;
    const error = (id: string) =>
      juliet.others.find((one) => one.is('message') && one.attrs.type === 'error' && one.attrs.id === id);
    const nobody = await juliet.write(
      jidOf(shared, `@nobody-${Date.now()}:${lab.settings.matrixDomain}`),
      xml('body', {}, 'hello?'),
    );
    const none = await juliet.write(`nobody@people.${lab.settings.xmppDomain}`, xml('body', {}, 'hello?'));
    for (const id of [nobody, none]) await until('an error comes', () => error(id) !== undefined, { ms: MS });
    for (const id of [nobody, none]) expect(error(id)?.getChild('error')?.getChild('item-not-found')).toBeDefined();
    const room = await begun(bob, userIdOf(shared, `nobody@${lab.settings.xmppDomain}`));
    await bob.say(room, 'hello?');
    await until('he is told', () => texts(bob, room).some((text) => text.includes('could not be brought to nobody@')), {
      ms: MS,
    });
  }, 90_000);

  test('an encrypted room, and one of many, is left with a word', async () => {
    const { romeo, alice, bob } = shared;
    const ghost = userIdOf(shared, romeo.jid);
    const encryption = { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } };
    const secret = await begun(alice, ghost, { initial_state: [encryption] });
    await until('she is told', () => texts(alice, secret).some((text) => text.includes('encrypted')), { ms: MS });
    const crowd = await begun(alice, ghost, { invite: [ghost, bob.userId], is_direct: false });
    const left = (room: string) => alice.client.getRoom(room)?.getMember(ghost)?.membership === 'leave';
    await until('the ghost has left both', () => left(secret) && left(crowd), { ms: MS });
  }, 90_000);

  test('who has left is invited again by the next line', async () => {
    const { romeo, alice } = shared;
    const to = jidOf(shared, alice.userId);
    await romeo.write(to, xml('body', {}, 'one'));
    const first = await invited(alice, userIdOf(shared, romeo.jid));
    await until('she hears it', () => texts(alice, first).includes('one'), { ms: MS });
    await alice.leave(first);
    // What crosses with her leaving is said in a room where nobody is any more.
    const again = async (): Promise<boolean> => {
      await romeo.write(to, xml('body', {}, 'two'));
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return rooms(alice, userIdOf(shared, romeo.jid)).length > 0;
    };
    await until('she is invited again', again, { ms: MS });
    const second = await invited(alice, userIdOf(shared, romeo.jid));
    await until('she hears it', () => texts(alice, second).includes('two'), { ms: MS });
  }, 90_000);
}
