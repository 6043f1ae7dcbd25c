import { afterEach, describe, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import { recover } from '../../../src/networks/xmpp/muc/recovery.ts';
import { type Bench, bench, delivery, ghost, roomJid, until } from './fake-muc.ts';

const open: Bench[] = [];
function start(former?: Pick<Bench, 'muc' | 'host'>): Bench {
  const one = bench(former);
  open.push(one);
  return one;
}
afterEach(() => {
  for (const one of open.splice(0)) one.stay.close();
});

async function attached(): Promise<Bench> {
  const one = start();
  one.muc.enters('Anna', 'anna@example.org/phone');
  expect(await one.stay.attach(undefined)).toMatchObject({ kind: 'attached' });
  await until(() => one.host.accepted.length > 0);
  return one;
}

describe('what people of the room do', () => {
  test('a roster first, then lines, joins, leaves and new nicks in their order', async () => {
    const { muc, host } = await attached();
    muc.says('Anna', 'hello');
    muc.enters('Ben', 'ben@example.org/pc');
    muc.says('Ben', '/me waves');
    muc.occupants.set('Benny', { jid: 'ben@example.org/pc', role: 'participant' });
    muc.leaves('Ben', ['303'], 'Benny');
    muc.leaves('Anna', ['307', '333']);
    muc.leaves('Benny', ['301']);
    await until(() => host.accepted.length >= 7);
    const lost = 'leave Anna lost';
    expect(host.heard).toEqual([
      'roster Anna',
      'Anna: hello',
      'join Ben',
      'Ben: waves',
      'rename Benny',
      lost,
      'leave Benny banned',
    ]);
  });

  test('a line carries the id of the room as strong and those of the client as weak', async () => {
    const { muc, host } = await attached();
    const forged = xml('stanza-id', { xmlns: 'urn:xmpp:sid:0', by: 'elsewhere@example.org', id: 'forged' });
    muc.says('Anna', 'hello', { id: 'a1', extra: [forged] });
    await until(() => host.accepted.length >= 2);
    expect(host.accepted[1]).toMatchObject({
      ids: [
        { kind: 'stanza-id', value: 's1', strong: true },
        { kind: 'message-id', value: 'a1', strong: false },
      ],
      from: { key: `occ:${roomJid}|id-of-anna@example.org`, weak: false, name: 'Anna' },
    });
  });

  test('somebody who copies the id of a delivery is heard like anybody else', async () => {
    const { muc, host, stay } = await attached();
    const job = delivery(ghost('Mats'), 'from afar');
    await stay.room.outbox.deliver(job);
    muc.says('Anna', 'mine', { id: job.key });
    await until(() => host.heard.includes('Anna: mine'));
    expect(host.heard.filter((one) => one.startsWith('echo'))).toEqual([`echo ${job.key}`]);
  });

  test('what could not be stored is tried again, in order, and nothing twice', async () => {
    const { muc, host } = await attached();
    host.failures = 2;
    muc.says('Anna', 'one');
    muc.says('Anna', 'two');
    await until(() => host.accepted.length >= 3);
    expect(host.heard).toEqual(['roster Anna', 'Anna: one', 'Anna: two']);
  });
});

describe('what ghosts say', () => {
  test('the ghost sits down, its line comes back as an echo, and nobody hears of its coming', async () => {
    const { host, stay, muc } = await attached();
    const job = delivery(ghost('Mats'), 'hello');
    const outcome = await stay.room.outbox.deliver(job);
    const ids = [
      { value: 's1', strong: true },
      { kind: 'message-id', value: job.key },
    ];
    expect(outcome).toMatchObject({ kind: 'sent', proof: 'accepted', parts: [{ part: 0, ids }] });
    expect(host.heard).toEqual(['roster Anna', `echo ${job.key}`]);
    expect(host.seated.get('mats@bridge.example.org')?.nick).toBe('Mats');
    const hops = muc.lines[0]?.el.getChildren('hop').map((hop) => hop.attrs.install);
    expect(hops).toEqual(['there', 'here']);
  });

  test('a nick that is taken gets a suffix', async () => {
    const { stay, muc } = await attached();
    await stay.room.outbox.deliver(delivery(ghost('Anna'), 'me too'));
    const nicks = [...muc.occupants.keys()].filter((nick) => nick !== 'Anna' && nick !== 'Rialto');
    expect(nicks).toHaveLength(1);
    expect(nicks[0]).toMatch(/^Anna.*2/);
  });

  test('lines of several ghosts stay in order across their joins', async () => {
    const { stay, muc } = await attached();
    const jobs = ['Uno', 'Due', 'Tre', 'Uno', 'Due'].map((name, n) => delivery(ghost(name), String(n)));
    const outcomes = await Promise.all(jobs.map((job) => stay.room.outbox.deliver(job)));
    expect(outcomes.every((one) => one.kind === 'sent')).toBe(true);
    expect(muc.lines.map((line) => line.el.getChildText('body'))).toEqual(['0', '1', '2', '3', '4']);
  });

  test('a ghost that was thrown out comes back and says it once', async () => {
    const { stay, muc } = await attached();
    await stay.room.outbox.deliver(delivery(ghost('Mats'), 'one'));
    muc.occupants.delete('Mats');
    expect(await stay.room.outbox.deliver(delivery(ghost('Mats'), 'two'))).toMatchObject({ kind: 'sent' });
    expect(muc.lines.map((line) => line.el.getChildText('body'))).toEqual(['one', 'two']);
  });

  test('a new name is a new nick', async () => {
    const { stay, muc, host } = await attached();
    await stay.room.outbox.deliver(delivery(ghost('Mats'), 'one'));
    await stay.room.outbox.deliver(delivery(ghost('Mats Holm', 'mats'), 'two'));
    expect(muc.lines.map((line) => line.el.attrs.from)).toEqual([`${roomJid}/Mats`, `${roomJid}/Mats Holm`]);
    expect(host.heard.filter((one) => !one.startsWith('echo'))).toEqual(['roster Anna']);
  });

  test.each([
    ['registration-required', 'members-only'],
    ['forbidden', 'banned'],
    ['service-unavailable', 'full'],
    ['resource-constraint', 'full'],
    ['not-authorized', 'password'],
  ])('a room that answers %s to a ghost leaves it to the listener: %s', async (condition, code) => {
    const { stay, muc } = await attached();
    muc.refuse = condition;
    const job = delivery(ghost('Mats'), 'hello');
    expect(await stay.room.outbox.deliver(job)).toMatchObject({ kind: 'refused', scope: 'ghost', why: { code } });
    expect(await stay.room.outbox.deliver(delivery(undefined, 'Mats: hello'))).toMatchObject({ kind: 'sent' });
  });

  test('a ghost without a voice leaves it to the listener', async () => {
    const { stay, muc } = await attached();
    await stay.room.outbox.deliver(delivery(ghost('Mats'), 'one'));
    const mats = muc.occupants.get('Mats');
    if (mats) mats.role = 'visitor';
    const outcome = await stay.room.outbox.deliver(delivery(ghost('Mats'), 'two'));
    expect(outcome).toMatchObject({ kind: 'refused', scope: 'ghost', why: { code: 'moderated' } });
  });

  test('a leave gives the seat up', async () => {
    const { stay, muc, host } = await attached();
    const mats = ghost('Mats');
    await stay.room.outbox.deliver(delivery(mats, 'one'));
    const job = delivery(mats, '');
    const payload = { kind: 'membership', change: 'leave', name: 'Mats' } as const;
    await stay.room.outbox.deliver({ ...job, envelope: { ...job.envelope, payload } });
    await until(() => !muc.occupants.has('Mats'));
    expect(host.seated.size).toBe(0);
    expect(host.heard.filter((one) => one.includes('leave'))).toEqual([]);
  });
});

test('a room that is destroyed is over, also where its last presence has no status 110', async () => {
  const { stay, muc, host } = await attached();
  await stay.room.outbox.deliver(delivery(ghost('Mats'), 'hello'));
  const end = xml('x', { xmlns: 'http://jabber.org/protocol/muc#user' }, xml('item', { role: 'none' }), xml('destroy', {}));
  for (const [nick, { jid }] of muc.occupants)
    muc.deliver(xml('presence', { type: 'unavailable', from: `${roomJid}/${nick}`, to: jid }, end));
  expect(host.goneWith).toEqual(['gone']);
  expect(stay.over).toBe(true);
});

describe('coming back', () => {
  test('what was said meanwhile comes from the archive, in order and once, and live lines after it', async () => {
    const before = await attached();
    before.muc.says('Anna', 'one');
    await until(() => before.host.accepted.length === 2);
    before.stay.close();
    before.muc.online = false;
    for (let n = 2; n <= 250; n += 1) before.muc.says('Anna', String(n));
    before.muc.online = true;
    const { stay, host, muc } = start(before);
    await stay.attach('s1');
    muc.says('Anna', 'now');
    await until(() => host.heard.at(-1) === 'Anna: now');
    const said = host.heard.slice(2).filter((one) => !one.startsWith('roster'));
    expect(said).toEqual([...Array.from({ length: 249 }, (_, n) => `Anna: ${n + 2}`), 'Anna: now']);
  });

  test('a delivery whose end nobody saw is found in the archive', async () => {
    const before = await attached();
    const job = delivery(ghost('Mats'), 'is it there?');
    const lost = delivery(ghost('Mats'), 'never sent');
    await before.stay.room.outbox.deliver(job);
    before.stay.close();
    const { stay, host } = start(before);
    await stay.attach('s1');
    const [found, missing] = await recover(stay, [job, lost]);
    expect(found).toMatchObject({ kind: 'sent', parts: [{ ids: [{ value: 's1' }, {}] }] });
    expect(missing).toMatchObject({ kind: 'retry' });
    expect(host.heard.at(-1)).toBe('roster Anna');
  });

  test('a room that never noticed that we were gone tells nothing twice', async () => {
    const before = await attached();
    before.muc.says('Anna', 'one');
    await until(() => before.host.accepted.length === 2);
    before.stay.close();
    const { stay, host, muc } = start(before);
    muc.says('Anna', 'two');
    const attaching = stay.attach('s1');
    for (let n = 3; n < 20; n += 1) {
      muc.says('Anna', String(n));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await attaching;
    muc.says('Anna', 'last');
    await until(() => host.heard.at(-1) === 'Anna: last');
    const said = ['one', 'two', ...Array.from({ length: 17 }, (_, n) => n + 3), 'last'].map((text) => `Anna: ${text}`);
    const heard = host.accepted.filter((one, n) => {
      const id = 'ids' in one ? one.ids[0]?.value : undefined;
      return id === undefined || host.accepted.findIndex((other) => 'ids' in other && other.ids[0]?.value === id) === n;
    });
    expect(heard.map((one) => host.heard[host.accepted.indexOf(one)]).filter((one) => !one?.startsWith('roster'))).toEqual(said);
  });

  test('a delivery that was reflected while nobody listened is settled by the catch-up', async () => {
    const before = await attached();
    before.muc.says('Anna', 'one');
    await before.stay.room.outbox.deliver(delivery(ghost('Mats'), 'two'));
    const job = delivery(ghost('Mats'), 'three');
    before.muc.online = false;
    before.stay.close();
    before.muc.broadcast('Mats', xml('message', { type: 'groupchat', id: job.key }, xml('body', {}, 'three')));
    before.muc.online = true;
    const { stay, host } = start(before);
    await stay.attach('s2');
    await until(() => host.heard.includes(`echo ${job.key}`));
    expect((await recover(stay, [job]))[0]).toMatchObject({ kind: 'sent', parts: [{ ids: [{ value: 's3' }, {}] }] });
  });

  test('a place in the archive that is gone leaves a visible gap', async () => {
    const before = await attached();
    before.stay.close();
    before.host.notebook.clear();
    const { stay, host } = start(before);
    await stay.attach('expired');
    await until(() => host.heard.some((one) => one.includes('may be missing')));
  });

  test('somebody who took the nick of a ghost meanwhile is no ghost', async () => {
    const before = await attached();
    await before.stay.room.outbox.deliver(delivery(ghost('Mats'), 'one'));
    before.stay.close();
    before.muc.occupants.set('Mats', { jid: 'mats@example.org/x', role: 'participant' });
    const { stay, host, muc } = start(before);
    await stay.attach('s1');
    await until(() => host.heard.includes('join Mats'));
    muc.says('Mats', 'I am real');
    await until(() => host.heard.includes('Mats: I am real'));
    await stay.room.outbox.deliver(delivery(ghost('Mats'), 'two'));
    expect(muc.lines.at(-1)?.el.attrs.from).toMatch(/Mats.+/);
  });

  test('while the link is down everything open is unknown, and afterwards the room is entered again', async () => {
    const { stay, muc, host } = await attached();
    muc.silent = true;
    const open = stay.room.outbox.deliver(delivery(ghost('Mats'), 'one'));
    await until(() => muc.sent.some((el) => el.name === 'message'));
    muc.online = false;
    stay.down();
    expect(await open).toMatchObject({ kind: 'unknown' });
    muc.online = true;
    muc.silent = false;
    muc.says('Anna', 'meanwhile');
    stay.online();
    await until(() => host.heard.filter((one) => one.startsWith('roster')).length === 2);
    expect(await stay.room.outbox.deliver(delivery(ghost('Mats'), 'two'))).toMatchObject({ kind: 'sent' });
  });
});
