import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MatrixNetwork } from '../../../src/networks/matrix/network.ts';
import { ConfigurationError, type Outcome } from '../../../src/networks/network.ts';
import { configure, endpoint, FakeCore, ghost, job } from './fake-core.ts';
import { FakeHomeserver } from './fake-homeserver.ts';

const garden = '!garden:hs';
let hs: FakeHomeserver;
let url: string;
let core: FakeCore;
let network: MatrixNetwork;

beforeEach(async () => {
  hs = new FakeHomeserver();
  url = await hs.start();
  core = new FakeCore();
  network = new MatrixNetwork(configure(url), core);
  hs.room(garden).members.set('@alice:hs', { membership: 'join', displayname: 'Alice' });
  hs.aliases.set('#garden:hs', garden);
});
afterEach(async () => {
  await network.stop();
  await hs.stop();
});

const room = () => hs.rooms.get(garden) ?? hs.room(garden);
const said = () => room().events.map((event) => [event.sender, event.content.msgtype, event.content.body]);
const idOf = (outcome: Outcome) => (outcome.kind === 'sent' ? outcome.parts[0]?.ids[0]?.value : outcome);
async function linked() {
  await network.start();
  const at = endpoint(garden);
  expect(await network.attach(at, undefined)).toMatchObject({ kind: 'attached' });
  return at;
}
async function until(test: () => boolean): Promise<void> {
  for (let n = 0; n < 500 && !test(); n += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(test()).toBe(true);
}

describe('starting', () => {
  test('registers the bot, asks for what waits, is up', async () => {
    await network.start();
    expect(core.states).toEqual(['up']);
    expect([...(hs.accounts.get('@rialto:hs')?.devices ?? [])]).toEqual(['RIALTO']);
    await until(() => hs.asked.includes('POST /_matrix/client/v1/appservice/rialto/ping'));
  });

  test('a token that the homeserver does not know, or another bot, is the operator’s to put right', async () => {
    const wrong = new MatrixNetwork(configure(url, { asToken: 'another-token-0123' }), new FakeCore());
    await expect(wrong.start()).rejects.toThrow(ConfigurationError);
    const other = new MatrixNetwork(configure(url, { bot: 'somebody' }), new FakeCore());
    await expect(other.start()).rejects.toThrow(/knows us as @rialto:hs/);
    await Promise.all([wrong.stop(), other.stop()]);
  });

  test('a homeserver that is not there is waited for', async () => {
    hs.down = true;
    await network.start();
    expect(core.states).toEqual(['down']);
    hs.down = false;
    await until(() => core.states.at(-1) === 'up');
  });
});

describe('attaching', () => {
  test('by alias: the room’s id, and who is there without our own', async () => {
    await network.start();
    room().members.set('@_rialto_other_x:hs', { membership: 'join', displayname: 'old ghost' });
    expect(await network.attach(endpoint('#garden:hs'), undefined)).toMatchObject({
      kind: 'attached',
      address: { native: garden },
    });
    expect(core.heard).toMatchObject([{ kind: 'roster', members: [{ key: 'mxid:@alice:hs', name: 'Alice' }] }]);
  });

  test('what is refused has a reason and a remedy', async () => {
    await network.start();
    expect(await network.attach(endpoint('#none:hs'), undefined)).toMatchObject({ why: { code: 'unknown-target' } });
    room().joinRule = 'invite';
    expect(await network.attach(endpoint(garden), undefined)).toMatchObject({
      why: { code: 'forbidden', text: expect.stringContaining('invite @rialto:hs') },
    });
    room().members.set('@rialto:hs', { membership: 'invite' });
    room().state.set('m.room.encryption', { algorithm: 'x' });
    expect(await network.attach(endpoint(garden), undefined)).toMatchObject({ why: { code: 'encrypted' } });
    expect(room().members.has('@rialto:hs')).toBe(false);
  });
});

describe('speaking', () => {
  test('nothing is sent by a process that may have lost its lease while the ghost took its seat', async () => {
    const at = await linked();
    const romeo = ghost(network, 1, 'Romeo');
    const delivering = network.deliver(job(at, 'hi', romeo));
    core.owns = false;
    expect(await delivering).toMatchObject({ kind: 'retry', scope: 'network' });
    expect(said()).toEqual([]);
    core.owns = true;
    expect(await network.deliver(job(at, 'hi', romeo))).toMatchObject({ kind: 'sent' });
  });

  test('formatting is HTML, and marks in the body', async () => {
    const at = await linked();
    const spans = [{ style: 'strong', start: 0, end: 2 }] as const;
    await network.deliver(job(at, { kind: 'text', manner: 'emote', text: 'is <', spans }, ghost(network, 1, 'Romeo')));
    expect(room().events[0]?.content).toMatchObject({
      msgtype: 'm.emote',
      body: '*is* <',
      format: 'org.matrix.custom.html',
      formatted_body: '<strong>is</strong> &lt;',
    });
  });

  test('ghosts enter when they speak, under their names; each manner has its form', async () => {
    const at = await linked();
    const romeo = ghost(network, 1, 'Romeo');
    await network.deliver(job(at, 'hi', romeo));
    await network.deliver(job(at, { kind: 'text', manner: 'emote', text: 'waves' }, romeo));
    await network.deliver(job(at, { kind: 'text', manner: 'automated', text: 'beep' }, romeo));
    await network.deliver(job(at, { kind: 'notice', text: 'a new topic' }, ghost(network, 2, 'Silent')));
    await network.deliver(job(at, 'Juliet: relayed'));
    const id = '@_rialto_other_person1=40example.org:hs';
    expect(said()).toEqual([
      [id, 'm.text', 'hi'],
      [id, 'm.emote', 'waves'],
      [id, 'm.notice', 'beep'],
      ['@rialto:hs', 'm.notice', 'a new topic'],
      ['@rialto:hs', 'm.text', 'Juliet: relayed'],
    ]);
    expect(room().members.get(id)).toEqual({ membership: 'join', displayname: 'Romeo' });
    expect(room().events[0]?.content['im.rialto']).toMatchObject({ part: 0, trace: ['far', 'install1'] });
    expect(core.kept).toMatchObject([{ nick: 'Romeo' }]);
  });

  test('a name belongs to a room', async () => {
    const at = await linked();
    const balcony = hs.room('!balcony:hs');
    const other = endpoint('!balcony:hs', 2);
    await network.attach(other, undefined);
    await network.deliver(job(at, 'hi', ghost(network, 1, 'Romeo')));
    await network.deliver(job(other, 'hi', ghost(network, 1, 'R.')));
    await network.deliver(job(at, { kind: 'membership', change: 'rename', name: 'Romeo M.' }, ghost(network, 1, 'Romeo')));
    const id = '@_rialto_other_person1=40example.org:hs';
    expect([room().members.get(id)?.displayname, balcony.members.get(id)?.displayname]).toEqual(['Romeo M.', 'R.']);
  });

  test.each([
    ['a page in the place of an answer', { status: 200, body: {} }],
    ['a proxy that knows no homeserver', { status: 404, body: {} }],
    ['a proxy that lets nobody in', { status: 403, body: {} }],
    ['a proxy that misses the homeserver', { status: 502, body: {} }],
    ['a homeserver that does not know us for the moment', { status: 401, body: { errcode: 'M_UNKNOWN_TOKEN' } }],
  ])('%s is an outage, and no refusal', async (_, answer) => {
    const at = await linked();
    hs.instead.push(answer);
    const line = job(at, 'hi', ghost(network, 1, 'Romeo'));
    expect(await network.deliver(line)).toMatchObject({ kind: 'retry', scope: 'network' });
    await until(() => core.states.at(-1) === 'up');
    expect(await network.deliver(line)).toMatchObject({ kind: 'sent', parts: [{ part: 0 }] });
    expect(said()).toHaveLength(1);
  });

  test.each([true, false])('a send whose answer was lost is not said twice (devices: %s)', async (makesDevices) => {
    hs.makesDevices = makesDevices;
    const at = await linked();
    const line = job(at, 'once', ghost(network, 1, 'Romeo'));
    hs.instead.push('hang up after doing it');
    expect(await network.deliver(line)).toMatchObject({ kind: 'retry', scope: 'network' });
    if (makesDevices) hs.restart();
    const again = await network.deliver(line);
    expect(idOf(again)).toBe(room().events[0]?.event_id);
    expect(said().length).toBe(1);
  });

  test.each<[number, object, object]>([
    [429, { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 1234 }, { kind: 'retry', scope: 'ghost', afterMs: 1234 }],
    [502, {}, { kind: 'retry', scope: 'network' }],
    [413, { errcode: 'M_TOO_LARGE' }, { kind: 'refused', scope: 'entry', why: { code: 'too-large' } }],
    [
      400,
      { errcode: 'M_BAD_JSON', error: 'no' },
      { kind: 'refused', scope: 'entry', why: { text: 'the homeserver says: M_BAD_JSON, no' } },
    ],
  ])('an answer of %s', async (status, body, outcome) => {
    const at = await linked();
    hs.instead.push({ status, body: { ...body } });
    expect(await network.deliver(job(at, 'hi', ghost(network, 1, 'Romeo')))).toMatchObject(outcome);
  });

  test('a line that waited too long is not said', async () => {
    const at = await linked();
    expect(await network.deliver({ ...job(at, 'hi'), deadline: 1 })).toMatchObject({ kind: 'refused', why: { code: 'expired' } });
    expect(said()).toEqual([]);
  });

  test('a homeserver that goes away and comes back', async () => {
    const at = await linked();
    hs.down = true;
    expect(await network.deliver(job(at, 'hi'))).toMatchObject({ kind: 'retry', scope: 'network' });
    await until(() => core.states.at(-1) === 'connecting');
    hs.down = false;
    await until(() => core.states.at(-1) === 'up');
    expect(await network.deliver(job(at, 'hi'))).toMatchObject({ kind: 'sent' });
  });
});

describe('seats', () => {
  const id = '@_rialto_other_person1=40example.org:hs';

  test('an invite-only room: by the bot’s invitation, or not at all', async () => {
    const at = await linked();
    room().joinRule = 'invite';
    expect(await network.deliver(job(at, 'hi', ghost(network, 1, 'Romeo')))).toMatchObject({ kind: 'sent' });
    room().inviteForbidden = true;
    expect(await network.deliver(job(at, 'hi', ghost(network, 2, 'Juliet')))).toMatchObject({
      kind: 'refused',
      scope: 'ghost',
      why: { code: 'members-only' },
    });
  });

  test('kicked, it comes back; banned or silenced, it does not speak', async () => {
    const at = await linked();
    const romeo = ghost(network, 1, 'Romeo');
    await network.deliver(job(at, 'one', romeo));
    room().members.set(id, { membership: 'leave' });
    expect(await network.deliver(job(at, 'two', romeo))).toMatchObject({ kind: 'sent' });
    room().silenced.add(id);
    expect(await network.deliver(job(at, 'three', romeo))).toMatchObject({ scope: 'ghost', why: { code: 'moderated' } });
    room().members.set(id, { membership: 'ban' });
    expect(await network.deliver(job(at, 'four', romeo))).toMatchObject({ scope: 'ghost', why: { code: 'banned' } });
    expect(core.kept).toEqual([]);
    expect(said().map(([, , body]) => body)).toEqual(['one', 'two']);
  });

  test('an account or a device that the homeserver has lost is made again', async () => {
    const at = await linked();
    const romeo = ghost(network, 1, 'Romeo');
    await network.deliver(job(at, 'one', romeo));
    hs.accounts.get(id)?.devices.clear();
    expect(await network.deliver(job(at, 'two', romeo))).toMatchObject({ kind: 'sent' });
    hs.accounts.delete(id);
    room().members.delete(id);
    expect(await network.deliver(job(at, 'three', romeo))).toMatchObject({ kind: 'sent' });
  });

  test('join and leave: at once only where that is set; detached, all are gone', async () => {
    const at = await linked();
    const join = { kind: 'membership', change: 'join', name: 'Romeo' } as const;
    await network.deliver(job(at, join, ghost(network, 1, 'Romeo')));
    expect(room().members.has(id)).toBe(false);
    await network.deliver(job(endpoint(garden, 1, 'all'), join, ghost(network, 1, 'Romeo')));
    expect(room().members.get(id)?.membership).toBe('join');
    await network.deliver(
      job(at, { kind: 'membership', change: 'leave', name: 'Romeo', cause: 'left' }, ghost(network, 1, 'Romeo')),
    );
    expect(room().members.has(id)).toBe(false);
    await network.deliver(job(at, 'hi', ghost(network, 2, 'Juliet')));
    await network.detach(at);
    expect([...room().members.keys()]).toEqual(['@alice:hs']);
  });
});

describe('afterwards', () => {
  test('what is in the room was sent; what is not is sent again', async () => {
    const at = await linked();
    const [there, not] = [job(at, 'there', ghost(network, 1, 'Romeo')), job(at, 'not there')];
    const outcome = await network.deliver(there);
    expect(await network.recover(at, [there, not])).toMatchObject([outcome, { kind: 'retry' }]);
  });

  test('the sender is told in the room, and nobody else hears it', async () => {
    const at = await linked();
    const author = { key: 'mxid:@alice:hs', weak: false, name: 'Alice', address: { uri: 'im:alice@hs', native: '@alice:hs' } };
    const why = { code: 'too-large', text: 'it is too long' } as const;
    await network.tell(
      { at, ids: [{ kind: 'event', value: '$x', strong: true }], author },
      { kind: 'refused', why, where: 'far' },
    );
    const [event] = room().events;
    expect(event?.content).toMatchObject({
      msgtype: 'm.notice',
      body: 'Alice: your message could not be brought to far: it is too long',
      'm.mentions': { user_ids: ['@alice:hs'] },
    });
    core.heard.length = 0;
    await core.push({ ...event, room_id: garden });
    expect(core.heard).toEqual([]);
  });
});
