import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Doors, openDoors } from '../../src/admin/doors.ts';
import { Town } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';

const here = { host: '127.0.0.1', port: 0 };
const [engine] = testDatabases();
if (!engine) throw new Error('there is no database to test on');

describe('what is answered by HTTP', () => {
  let town: Town;
  let drop: () => Promise<void>;
  let doors: Doors | undefined;

  beforeEach(async () => {
    const made = await engine.create();
    town = new Town(made.db);
    drop = made.drop;
  });

  afterEach(async () => {
    await doors?.close();
    await town.close();
    await drop();
  });

  test('alive, ready, how much; and what the networks asked for', async () => {
    const { beta } = await town.bridge((alpha) =>
      alpha.host.http.route('GET', '/home/:what', async ({ params }) => ({ status: 203, body: params })),
    );
    doors = await openDoors(town.last, { http: here, operator: { host: here.host } });
    const { http, operator } = doors.urls;
    expect(operator).toBe(http);
    expect(await (await fetch(`${http}/healthz`)).json()).toEqual({ status: 'ok', version: '0.1.0' });
    const ready = await fetch(`${http}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { ready: true, networks: { alpha: { state: 'up' } } }]);
    const metrics = await fetch(`${http}/metrics`);
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await metrics.text()).toContain('\nrialto_network_up{network="alpha",protocol="alpha"} 1\n');
    const home = await fetch(`${http}/home/sweet%20home`);
    expect([home.status, await home.json()]).toEqual([203, { what: 'sweet home' }]);
    expect((await fetch(`${http}/metrics/more`)).status).toBe(404);
    beta.host.state('down', { code: 'unreachable', text: 'gone fishing' });
    const unready = await fetch(`${http}/readyz`);
    expect([unready.status, await unready.json()]).toMatchObject([503, { networks: { beta: { why: 'gone fishing' } } }]);
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
  });

  test('operators at a port of their own: who reaches http learns nothing, and the other way round', async () => {
    await town.bridge((alpha) => alpha.host.http.route('GET', '/home', async () => ({ status: 200, body: {} })));
    doors = await openDoors(town.last, { http: here, operator: here });
    const { http, operator } = doors.urls;
    const status = async (url: string): Promise<number> => (await fetch(url)).status;
    for (const path of ['/metrics', '/healthz', '/readyz']) {
      expect([await status(`${http}${path}`), await status(`${operator}${path}`)]).toEqual([404, 200]);
    }
    expect([await status(`${http}/home`), await status(`${operator}/home`)]).toEqual([200, 404]);
  });

  test('a port that is taken is named, with what to do; nothing stays open', async () => {
    await town.bridge();
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, here.host, done));
    const { port } = taken.address() as { port: number };
    const asked = openDoors(town.last, { http: here, operator: { host: here.host, port } });
    await expect(asked).rejects.toThrow(`operator: 127.0.0.1:${port} cannot be listened on (EADDRINUSE)`);
    await expect(asked).rejects.toThrow('choose another operator.port');
    await new Promise((done) => taken.close(done));
    doors = undefined;
  });
});
