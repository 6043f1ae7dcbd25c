import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MatrixNetwork } from '../../../src/networks/matrix/network.ts';
import type { Endpoint } from '../../../src/networks/network.ts';
import { configure, endpoint, FakeCore, ghost, job } from './fake-core.ts';
import { FakeHomeserver } from './fake-homeserver.ts';

const garden = '!garden:hs';
let hs: FakeHomeserver;
let url: string;
let core: FakeCore;
let network: MatrixNetwork;
let at: Endpoint;

beforeEach(async () => {
  hs = new FakeHomeserver();
  url = await hs.start();
  core = new FakeCore();
  network = new MatrixNetwork(configure(url), core);
  hs.room(garden).members.set('@alice:hs', { membership: 'join' });
  at = endpoint(garden, 1, 'all');
  await network.start();
  await network.attach(at, undefined);
});
afterEach(async () => {
  await network.stop();
  await hs.stop();
});

const seated = () => [...(hs.rooms.get(garden)?.members.values() ?? [])].map((one) => one.displayname).filter(Boolean);
const comes = (id: number, name: string) =>
  network.deliver(job(at, { kind: 'membership', change: 'join', name }, ghost(network, id, name)));
async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; n < 500 && !holds(); n += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
}

describe('ghosts that only come to sit', () => {
  test('enter at the pace that the homeserver asks for, in their order, and no line waits for them', async () => {
    hs.joinsTooFast = 3;
    hs.tooFastMs = 100;
    for (const [n, name] of ['Romeo', 'Tybalt', 'Mercutio'].entries()) {
      expect(await comes(n + 1, name)).toMatchObject({ kind: 'sent', parts: [] });
    }
    expect(await network.deliver(job(at, 'Juliet: meanwhile'))).toMatchObject({ kind: 'sent' });
    expect(seated()).toEqual(['Rialto']);
    await until(() => seated().length === 4);
    expect(seated()).toEqual(['Rialto', 'Romeo', 'Tybalt', 'Mercutio']);
    await until(() => core.book.get(`newcomers ${garden}`) === '');
  });

  test('go on entering after a restart', async () => {
    hs.joinsTooFast = 1;
    hs.tooFastMs = 60_000;
    await comes(1, 'Romeo');
    await comes(2, 'Tybalt');
    await network.stop();
    core = Object.assign(new FakeCore(), { book: core.book, kept: core.kept });
    network = new MatrixNetwork(configure(url), core);
    await network.start();
    await network.attach(at, 'x');
    await until(() => seated().length === 3);
  });

  test('who goes before it is let in never enters; who speaks does not wait', async () => {
    hs.joinsTooFast = 1;
    hs.tooFastMs = 300;
    await comes(1, 'Romeo');
    await comes(2, 'Tybalt');
    await comes(3, 'Mercutio');
    await network.deliver(job(at, { kind: 'membership', change: 'leave', name: 'Tybalt' }, ghost(network, 2, 'Tybalt')));
    expect(await network.deliver(job(at, 'first!', ghost(network, 3, 'Mercutio')))).toMatchObject({ kind: 'sent' });
    expect(seated()).toEqual(['Rialto', 'Mercutio']);
    await until(() => seated().length === 3);
    expect(seated()).toEqual(['Rialto', 'Mercutio', 'Romeo']);
  });
});

describe('a ghost that has something to say', () => {
  test('waits for a moment, and is spoken for where it would take long', async () => {
    hs.joinsTooFast = 1;
    hs.tooFastMs = 2000;
    const romeo = ghost(network, 1, 'Romeo');
    expect(await network.deliver(job(at, 'hi', romeo))).toMatchObject({ kind: 'retry', scope: 'ghost', afterMs: 2000 });
    hs.joinsTooFast = 1;
    hs.tooFastMs = 60_000;
    expect(await network.deliver(job(at, 'hi', romeo))).toMatchObject({
      kind: 'refused',
      scope: 'ghost',
      why: { code: 'overload' },
    });
    expect(await network.deliver(job(at, 'hi', romeo))).toMatchObject({ kind: 'sent' });
  });
});

test('the bot bears the name of the configuration, also when that changes', async () => {
  const name = () => hs.accounts.get('@rialto:hs')?.displayname;
  expect(name()).toBe('Rialto');
  await network.stop();
  core = Object.assign(new FakeCore(), { book: core.book });
  network = new MatrixNetwork(configure(url, { displayName: 'The bridge' }), core);
  await network.start();
  expect(name()).toBe('The bridge');
  const asked = hs.asked.length;
  await network.deliver(job(at, 'hi'));
  expect(hs.asked.slice(asked).filter((one) => one.includes('profile'))).toEqual([]);
});
