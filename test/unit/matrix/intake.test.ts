import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MatrixNetwork } from '../../../src/networks/matrix/network.ts';
import type { Inbound } from '../../../src/networks/network.ts';
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
});
afterEach(async () => {
  await network.stop();
  await hs.stop();
});

let count = 0;
function line(body: string, more: object = {}): Record<string, unknown> {
  count += 1;
  const content = { msgtype: 'm.text', body };
  return {
    type: 'm.room.message',
    room_id: garden,
    event_id: `$in${count}`,
    sender: '@alice:hs',
    origin_server_ts: 1,
    content,
    ...more,
  };
}
async function linked() {
  await network.start();
  const at = endpoint(garden);
  await network.attach(at, undefined);
  core.heard.length = 0;
  return at;
}
const words = () =>
  core.heard.map((one) => (one.kind === 'event' && one.envelope.payload.kind === 'text' ? one.envelope.payload.text : one.kind));

describe('who may push', () => {
  test('only the homeserver, with its token', async () => {
    await linked();
    const path = '/_matrix/app/v1/transactions/1';
    const forms = [undefined, 'wrong', 'as-token-0123456789'];
    const answers = [];
    for (const token of forms) {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      answers.push(await core.http.answer({ method: 'PUT', path, query: {}, headers, body: { events: [line('x')] } }));
    }
    expect(answers).toMatchObject([
      { status: 401, body: { errcode: 'M_MISSING_TOKEN' } },
      { status: 403, body: { errcode: 'M_FORBIDDEN' } },
      { status: 403 },
    ]);
    expect(core.heard).toEqual([]);
    const old = {
      method: 'PUT',
      path,
      query: { access_token: 'hs-token-0123456789' },
      headers: {},
      body: { events: [line('old way')] },
    };
    expect(await core.http.answer(old)).toEqual({ status: 200, body: {} });
    expect(words()).toEqual(['old way']);
  });

  test('not before we have started, nor when we have stopped: the homeserver keeps it', async () => {
    expect(await core.push(line('early'))).toMatchObject({ status: 503 });
    await linked();
    await network.stop();
    expect(await core.push(line('late'))).toMatchObject({ status: 503 });
    expect(core.heard).toEqual([]);
  });

  test.each([['text'], [{ events: 5 }], [{}], [undefined]])('a transaction that is none: %j', async (body) => {
    await linked();
    expect(await core.request('PUT', '/_matrix/app/v1/transactions/1', body)).toMatchObject({ status: 400 });
  });

  test('pings and queries', async () => {
    const at = await linked();
    const romeo = ghost(network, 1, 'Romeo');
    await network.deliver(job(at, 'hi', romeo));
    const user = (id: string) => core.request('GET', `/_matrix/app/v1/users/${encodeURIComponent(id)}`);
    expect(await user(romeo.address.native)).toEqual({ status: 200, body: {} });
    expect(await user('@_rialto_other_nobody:hs')).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
    expect(await core.request('GET', '/_matrix/app/v1/rooms/%23x%3Ahs')).toMatchObject({ status: 404 });
    expect(await core.request('POST', '/_matrix/app/v1/ping', {})).toEqual({ status: 200, body: {} });
  });
});

describe('what is pushed', () => {
  test('all of a transaction at once and in order; other rooms are nobody’s business', async () => {
    await linked();
    const batches: number[] = [];
    core.rejects = (batch) => batches.push(batch.length) === 0;
    const answer = await core.push(line('one'), line('x', { room_id: '!other:hs' }), line('two'), { room_id: 5 }, line('three'));
    expect(answer).toEqual({ status: 200, body: {} });
    expect(batches).toEqual([4]);
    expect(words()).toEqual(['one', 'two', 'malformed', 'three']);
  });

  test('a malformed event is kept with its octets, and the rest goes on', async () => {
    await linked();
    const poison = line('x', { content: { msgtype: 'm.text', body: 7 } });
    await core.push(line('one'), poison, line('two'));
    expect(words()).toEqual(['one', 'malformed', 'two']);
    expect(core.heard[1]).toMatchObject({ octets: JSON.stringify(poison) });
  });

  test('200 only after the commit', async () => {
    await linked();
    core.rejects = () => true;
    expect(await core.push(line('one'))).toMatchObject({ status: 503 });
    core.rejects = () => false;
    expect(await core.push(line('one'))).toMatchObject({ status: 200 });
    expect(words()).toEqual(['one']);
  });

  test('an event that the core cannot store does not hold up the others for ever', async () => {
    await linked();
    const isPoison = (one: Inbound) =>
      one.kind === 'event' && one.envelope.payload.kind === 'text' && one.envelope.payload.text === 'poison';
    core.rejects = (batch) => batch.some(isPoison);
    const events = [line('one'), line('poison'), line('two')];
    const answers = [];
    for (let n = 0; n < 3; n += 1) answers.push((await core.push(...events)).status);
    expect(answers).toEqual([503, 503, 200]);
    expect(words()).toEqual(['one', 'malformed', 'two']);
    core.rejects = () => true;
    for (let n = 0; n < 5; n += 1) expect((await core.push(line('later'))).status).toBe(503);
  });

  test('a name that nobody knows yet is asked for', async () => {
    await linked();
    hs.rooms.get(garden)?.members.set('@bob:hs', { membership: 'join', displayname: 'Bob' });
    await core.push(line('hi', { sender: '@bob:hs' }), line('hi', { sender: '@carol:hs' }));
    expect(core.heard).toMatchObject([{ from: { name: 'Bob' } }, { from: { name: 'carol' } }]);
  });

  test('what comes before a linked room is attached again is heard', async () => {
    const at = await linked();
    await network.stop();
    const http = new FakeCore().http;
    const reborn = Object.assign(new FakeCore(), { book: core.book, http });
    network = new MatrixNetwork(configure(url), reborn);
    await network.start();
    await reborn.push(line('meanwhile'));
    expect(reborn.heard).toMatchObject([{ kind: 'event', at: { id: at.id }, from: { name: 'Alice' } }]);
    await network.attach(at, 'x');
    await network.detach(at);
    reborn.heard.length = 0;
    await reborn.push(line('after the end'));
    expect(reborn.heard).toEqual([]);
  });
});

describe('transactions by their numbers', () => {
  /** The room has more than was pushed: `stored` has been heard, `lost` was left behind. */
  async function behind() {
    await linked();
    // Once asked, a room is asked again only with a reason.
    await core.transaction(0, line('before'));
    core.heard.length = 0;
    const events = [line('stored'), line('lost')].map(({ room_id: _, ...event }) => event);
    hs.rooms.get(garden)?.events.push(...(events as never[]));
    core.newest = String(events[0]?.event_id);
  }
  const histories = () => hs.asked.filter((one) => one.endsWith('/messages')).length;

  test.each([
    ['one that was left out', [5, 7]],
    ['several that were left out', [5, 90]],
    ['a beginning anew', [5, 1]],
  ])('%s: the rooms are asked before the next is read', async (_, [first = 0, second = 0]) => {
    await behind();
    await core.transaction(first, line('first'));
    const before = histories();
    expect(words()).toEqual(['first']);
    await core.transaction(second, line('second'));
    expect(words()).toEqual(['first', 'lost', 'second']);
    expect(histories()).toBe(before + 1);
    await core.transaction(second + 1, line('third'));
    expect(histories()).toBe(before + 1);
  });

  test.each([
    ['the next', [5, 6, 7]],
    ['the same again', [5, 5, 6]],
    ['the first that we see, whatever its number', [90]],
  ])('%s: nothing is asked', async (_, numbers) => {
    await behind();
    const before = histories();
    for (const number of numbers) await core.transaction(number, line(`number ${number}`));
    expect(histories()).toBe(before);
    expect(words()).toEqual(numbers.map((number) => `number ${number}`));
  });

  test('a room is asked before its first event is read: the homeserver may have died while we were away', async () => {
    await linked();
    const events = [line('stored'), line('lost')].map(({ room_id: _, ...event }) => event);
    hs.rooms.get(garden)?.events.push(...(events as never[]));
    core.newest = String(events[0]?.event_id);
    hs.historyFails = 1;
    expect(await core.transaction(90, line('first'))).toMatchObject({ status: 503 });
    expect(words()).toEqual([]);
    expect(await core.transaction(90, line('first'))).toMatchObject({ status: 200 });
    expect(words()).toEqual(['lost', 'first']);
  });

  test('rooms that cannot be asked keep the homeserver waiting', async () => {
    await behind();
    await core.transaction(5, line('first'));
    hs.historyFails = 1;
    expect(await core.transaction(7, line('second'))).toMatchObject({ status: 503 });
    expect(words()).toEqual(['first']);
    expect(await core.transaction(7, line('second'))).toMatchObject({ status: 200 });
    expect(words()).toEqual(['first', 'lost', 'second']);
  });

  test('a number that was not stored is still to come', async () => {
    await behind();
    await core.transaction(5, line('first'));
    core.rejects = () => true;
    expect(await core.transaction(6, line('second'))).toMatchObject({ status: 503 });
    core.rejects = () => false;
    const before = histories();
    await core.transaction(6, line('second'));
    expect(histories()).toBe(before);
    expect(words()).toEqual(['first', 'second']);
  });
});

describe('what is done to us', () => {
  const about = (userId: string, membership: string) =>
    line('', { type: 'm.room.member', state_key: userId, content: { membership } });

  test('a ghost that was put out has no seat', async () => {
    const at = await linked();
    const romeo = ghost(network, 1, 'Romeo');
    await network.deliver(job(at, 'hi', romeo));
    expect(core.kept.length).toBe(1);
    await core.push(about(romeo.address.native, 'leave'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(core.kept).toEqual([]);
  });

  test('the bot that was put out says so, and comes back when it is invited', async () => {
    await linked();
    await core.push(about('@rialto:hs', 'ban'));
    expect(core.lost).toMatchObject([{ code: 'banned' }]);
    hs.rooms.get(garden)?.members.set('@rialto:hs', { membership: 'invite' });
    await core.push(about('@rialto:hs', 'invite'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(hs.rooms.get(garden)?.members.get('@rialto:hs')?.membership).toBe('join');
  });
});
