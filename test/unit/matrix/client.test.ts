import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { Client } from '../../../src/networks/matrix/wire/client.ts';

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A homeserver that answers as `listener` does, and a client of it. */
async function clientOf(listener: RequestListener): Promise<Client> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'token');
  open.push(
    () => client.close(),
    async () => server.closeAllConnections(),
    () => new Promise((resolve) => server.close(resolve)),
  );
  return client;
}

const asked = ['GET', '/_matrix/client/v3/account/whoami'] as const;

test('a homeserver that says nothing, and one that stops in the middle, give no answer', async () => {
  const silent = await clientOf(() => undefined);
  expect(await silent.call(...asked, { ms: 50 })).toEqual({ kind: 'fault', status: 0, errcode: '', text: 'no answer in time' });
  const halting = await clientOf((_, answer) => {
    answer.writeHead(200, { 'content-length': '100' });
    answer.write('{"user_id":');
  });
  expect(await halting.call(...asked, { ms: 50 })).toEqual({ kind: 'fault', status: 0, errcode: '', text: 'no answer in time' });
});

test('what may not be sent any more is not sent', async () => {
  let requests = 0;
  const client = await clientOf((_, answer) => {
    requests += 1;
    answer.end('{}');
  });
  expect(await client.call(...asked, { may: () => false })).toMatchObject({ kind: 'fault', status: 0 });
  expect(requests).toBe(0);
  expect(await client.call(...asked, { may: () => true })).toEqual({ kind: 'ok', body: {} });
  expect(requests).toBe(1);
});
