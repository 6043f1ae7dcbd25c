import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Wire, WireEvents, WireOptions } from '../../../src/networks/xmpp/wire/wire.ts';
import { type Connection, domain, Ear, quick, ScriptedServer, wireTo } from './scripted-server.ts';

let server: ScriptedServer;
let ear: Ear;
let wire: Wire;

beforeEach(async () => {
  server = await ScriptedServer.listen();
  ear = new Ear();
  wire = wireTo(server.port, ear);
});
afterEach(async () => {
  await wire.stop();
  await server.close();
});

async function online(options: Partial<WireOptions> = {}, events: Partial<WireEvents> = {}): Promise<Connection> {
  wire = wireTo(server.port, ear, options, events);
  const started = wire.start();
  const connection = await server.next();
  await connection.welcomes();
  await started;
  return connection;
}

test('VX0114-3-1, VX0114-3-2 the stream is opened for our name without a version, and the secret is said as a digest', async () => {
  wire = wireTo(server.port, ear, { secret: 'secret' });
  const started = wire.start();
  const connection = await server.next();
  const [opened] = /<stream:stream [^>]*>/.exec(await connection.hears(/<stream:stream [^>]*>/)) ?? [];
  expect(opened).toMatch(new RegExp(` to=["']${domain}["']`));
  expect(opened).not.toContain('version');
  connection.say(
    `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' from='${domain}' id='3BF96D32'>`,
  );
  await connection.hears('<handshake>b09ea9b3b7f586be8a08d0a3dd7466f110aeb136</handshake>');
  connection.say('<handshake/>');
  await started;
});

test('V6120-10.1-1 what one sender says to one of us arrives in order, by which of his addresses and ours it may be', async () => {
  const connection = await online();
  const [us, them] = [
    [`g@${domain}`, `g@${domain}/room`],
    ['romeo@xmpp.example', 'romeo@xmpp.example/orchard'],
  ];
  const said = Array.from(
    { length: 60 },
    (_, n) => `<message from='${them[n % 3 === 0 ? 0 : 1]}' to='${us[n % 2]}' id='m${n}'/>`,
  );
  await connection.sayApart(...Array.from({ length: 6 }, (_, n) => said.slice(n * 10, n * 10 + 10).join('')));
  await ear.stanza(60);
  expect(ear.stanzas.map((el) => el.attrs.id)).toEqual(said.map((_, n) => `m${n}`));
});

test('VX0114-3-4 a secret that is wrong from now on closes the stream, is told, and tried again ever more seldom', async () => {
  const connection = await online({ timing: { ...quick, firstPause: 40, longestPause: 10_000 } });
  connection.fails('not-authorized');
  for (let n = 0; n < 4; n += 1) {
    const refused = await server.next();
    await refused.hears('<stream:stream');
    refused.say(`<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='${n}'>`);
    await refused.hears('</handshake>');
    refused.fails('not-authorized');
    await refused.ends();
  }
  await server.next();
  expect(ear.whys[0]?.text).toContain('not-authorized');
  const gaps = server.at.slice(1).map((at, n) => at - (server.at[n] ?? 0));
  // Each pause is at least half of a step that doubles: 40, 80, 160, 320, 640 ms.
  for (const [n, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual(20 * 2 ** n - 2);
});
