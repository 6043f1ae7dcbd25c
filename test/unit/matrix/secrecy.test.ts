import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MatrixNetwork } from '../../../src/networks/matrix/network.ts';
import { configure, endpoint, FakeCore } from './fake-core.ts';
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

describe('a room whose encryption is switched on', () => {
  const encryption = () => line('', { type: 'm.room.encryption', state_key: '', content: { algorithm: 'x' } });
  const secret = (sender = '@alice:hs') => line('', { type: 'm.room.encrypted', sender, content: { ciphertext: 'x' } });
  const noticed = () => (hs.rooms.get(garden)?.events ?? []).map(({ content }) => String(content.body));
  const kinds = () => core.heard.map((one) => (one.kind === 'event' ? one.envelope.payload.kind : one.kind));
  const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

  test('is told once on both sides, whatever follows', async () => {
    await linked();
    await core.push(encryption());
    await settled();
    await core.push(encryption());
    await settled();
    expect(kinds()).toEqual(['notice']);
    expect(noticed()).toEqual([expect.stringMatching(/^Encryption was switched on here/)]);
    expect(core.troubles.at(-1)).toMatch(/encrypted now, and what is said there cannot be read: link a new room/);
  });

  test('each speaker has one line shown and one word told, the others are counted', async () => {
    await linked();
    hs.rooms.get(garden)?.members.set('@bob:hs', { membership: 'join', displayname: 'Bob' });
    await core.push(encryption(), secret(), secret(), secret('@bob:hs'));
    await settled();
    await core.push(secret(), secret('@bob:hs'), line('in the open'));
    await settled();
    expect(kinds()).toEqual(['notice', 'opaque', 'opaque', 'text']);
    expect(noticed().slice(1).sort()).toEqual([
      expect.stringMatching(/^Alice: what you say here is encrypted/),
      expect.stringMatching(/^Bob: what you say here is encrypted/),
    ]);
    expect(core.troubles.at(-1)).toContain('(5 so far)');
  });

  test('nothing is told that could not be stored', async () => {
    await linked();
    core.rejects = () => true;
    const events = [encryption(), secret()];
    expect(await core.push(...events)).toMatchObject({ status: 503 });
    await settled();
    expect(noticed()).toEqual([]);
    core.rejects = () => false;
    await core.push(...events);
    await settled();
    expect(kinds()).toEqual(['notice', 'opaque']);
    expect(noticed()).toHaveLength(2);
  });

  test('is known to be so after a restart', async () => {
    const at = await linked();
    await core.push(encryption());
    await settled();
    await network.stop();
    hs.rooms.get(garden)?.state.set('m.room.encryption', { algorithm: 'x' });
    core = Object.assign(new FakeCore(), { book: core.book });
    network = new MatrixNetwork(configure(url), core);
    await network.start();
    expect(await network.attach(at, 'x')).toMatchObject({ kind: 'attached', trouble: { code: 'encrypted' } });
    core.heard.length = 0;
    await core.push(encryption(), secret(), secret());
    expect(kinds()).toEqual(['opaque']);
  });
});
