import { afterEach, beforeEach, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import { ConfigurationError } from '../../../src/networks/network.ts';
import type { Wire, WireEvents, WireOptions } from '../../../src/networks/xmpp/wire/wire.ts';
import { type Connection, domain, Ear, pause, quick, ScriptedServer, wireTo } from './scripted-server.ts';

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

const line = (body: string) =>
  xml('message', { from: `ghost@${domain}`, to: 'romeo@xmpp.example', type: 'chat' }, xml('body', {}, body));

test('stanzas in the packet of the handshake come after "up"', async () => {
  const started = wire.start();
  await (await server.next()).welcomes(`<presence from='a@b' to='${domain}'/><presence from='c@d' to='${domain}'/>`);
  await started;
  await ear.stanza(2);
  expect(ear.states).toEqual(['connecting', 'up']);
  expect(ear.stanzas.map((el) => [el.name, el.attrs.from, el.getNS()])).toEqual([
    ['presence', 'a@b', 'jabber:component:accept'],
    ['presence', 'c@d', 'jabber:component:accept'],
  ]);
});

test('before the handshake is accepted nothing is sent', async () => {
  const started = wire.start();
  const connection = await server.next();
  await connection.hears('<stream:stream');
  expect(wire.online).toBe(false);
  expect(wire.send(line('too early'))).toEqual({ down: true });
  await connection.welcomes();
  await started;
  expect(wire.send(line('now'))).toBe('sent');
  expect(await connection.hears('now')).not.toContain('too early');
});

test('what is sent arrives in order, and drained() means that it left', async () => {
  const connection = await online();
  for (let n = 0; n < 500; n += 1) expect(wire.send(line(`line ${n};`))).toBe('sent');
  await wire.drained();
  await connection.hears('line 499;');
  const heard = [...connection.received.matchAll(/line (\d+);/g)].map((match) => Number(match[1]));
  expect(heard).toEqual(Array.from({ length: 500 }, (_, n) => n));
});

test('a server that does not read makes send() say "down" before memory fills, and drained() rejects when it goes', async () => {
  const connection = await online();
  connection.socket.pause();
  const big = line('x'.repeat(200_000));
  let sent = 0;
  while (sent < 1_000 && wire.send(big) === 'sent') sent += 1;
  expect(sent).toBeGreaterThan(50);
  expect(sent).toBeLessThan(200);
  const drained = wire.drained();
  connection.socket.destroy();
  await expect(drained).rejects.toThrow();
});

test('the wrong secret is the operator’s to cure', async () => {
  wire = wireTo(server.port, ear, { secret: 'wrong' });
  const started = wire.start();
  const refusal = expect(started).rejects.toThrow(ConfigurationError);
  await (await server.next()).welcomes();
  await refusal;
  await pause(100);
  expect(server.connections).toHaveLength(1);
});

test('so is an unknown domain, a service that is no address, a domain that is none', async () => {
  const started = wire.start();
  const refusal = expect(started).rejects.toThrow('no component "bridge.example"');
  const connection = await server.next();
  await connection.hears('<stream:stream');
  connection.say(`<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>`);
  connection.fails('host-unknown');
  await refusal;
  await expect(wireTo(server.port, ear, { service: '127.0.0.1:5347' }).start()).rejects.toThrow(ConfigurationError);
  await expect(wireTo(server.port, ear, { domain: 'Bridge..example' }).start()).rejects.toThrow(ConfigurationError);
});

test('an outage at the start is retried in the background', async () => {
  const { port } = server;
  await server.close();
  await wire.start();
  expect(wire.online).toBe(false);
  server = await ScriptedServer.listen(port);
  await (await server.next()).welcomes();
  await ear.ups(1);
  expect(wire.online).toBe(true);
});

test.each(['conflict', 'not-authorized', 'system-shutdown'])('after the start even %s is retried', async (condition) => {
  const connection = await online();
  connection.fails(condition);
  await (await server.next()).welcomes();
  await ear.ups(2);
  expect(ear.whys[0]?.text).toContain(condition);
});

test('a server that sends us elsewhere is not followed', async () => {
  const elsewhere = await ScriptedServer.listen();
  const connection = await online();
  connection.say(
    `<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>127.0.0.1:${elsewhere.port}</see-other-host></stream:error>`,
  );
  await (await server.next()).welcomes();
  await ear.ups(2);
  await pause(100);
  expect(elsewhere.connections).toHaveLength(0);
  expect(ear.stanzas).toEqual([]);
  await elsewhere.close();
});

test('pauses double up to the longest one, with jitter', async () => {
  wire = wireTo(server.port, ear, { timing: { ...quick, firstPause: 40, longestPause: 160 } });
  const started = wire.start();
  for (let n = 0; n < 6; n += 1) (await server.next()).socket.destroy();
  await started;
  const gaps = server.at.slice(1).map((at, n) => at - (server.at[n] ?? 0));
  const steps = [40, 80, 160, 160, 160];
  gaps.forEach((gap, n) => {
    expect(gap).toBeGreaterThanOrEqual((steps[n] ?? 0) / 2 - 2);
    expect(gap).toBeLessThan((steps[n] ?? 0) + 150);
  });
});

test('a link that was steady for long starts over with the first pause', async () => {
  wire = wireTo(server.port, ear, { timing: { ...quick, firstPause: 20, longestPause: 5_000, steady: 150 } });
  const started = wire.start();
  for (let n = 0; n < 4; n += 1) (await server.next()).socket.destroy();
  const steady = await server.next();
  await steady.welcomes();
  await started;
  await pause(200);
  const lost = performance.now();
  steady.socket.destroy();
  await server.next();
  // The sixth pause would have been 320 ms at least.
  expect(performance.now() - lost).toBeLessThan(200);
});

test('a dead link is noticed: the server takes our question and nothing comes back', async () => {
  const connection = await online({ timing: { ...quick, idle: 50, pong: 50 } });
  await connection.hears(`from="${domain}" to="${domain}"><ping xmlns="urn:xmpp:ping"/></iq>`);
  await connection.ends();
  await (await server.next()).welcomes();
  await ear.ups(2);
  expect(ear.whys[0]).toMatchObject({ code: 'timeout' });
});

test('a quiet link is not a dead one: the question comes back down the stream and is ours', async () => {
  const connection = await online({ timing: { ...quick, idle: 40, pong: 60 } });
  for (let n = 0; n < 3; n += 1) {
    await connection.hears(/<iq .*<\/iq>/);
    const question = connection.received.match(/<iq .*<\/iq>/)?.[0] ?? '';
    connection.received = '';
    connection.say(question);
  }
  expect(server.connections).toHaveLength(1);
  expect(ear.stanzas).toEqual([]);
});

test('a barrier is passed when the server has routed it back', async () => {
  const connection = await online();
  let passed = false;
  wire.send(line('before'));
  const barrier = wire.barrier().then(() => {
    passed = true;
  });
  const heard = await connection.hears(/<iq .*<\/iq>/);
  expect(heard.indexOf('before')).toBeLessThan(heard.indexOf('<iq '));
  await pause(30);
  expect(passed).toBe(false);
  connection.say(heard.match(/<iq .*<\/iq>/)?.[0] ?? '');
  await barrier;
  expect(ear.stanzas).toEqual([]);
});

test('a barrier does not outlive its link', async () => {
  const connection = await online();
  const barrier = wire.barrier();
  connection.socket.destroy();
  await expect(barrier).rejects.toMatchObject({ condition: 'remote-server-timeout' });
});

test('a copy nobody wants is dropped at its start tag; requests are not asked about', async () => {
  const asked: string[] = [];
  const connection = await online(
    {},
    {
      wanted: (name, attrs) => {
        asked.push(`${name} ${attrs.to}`);
        return !attrs.to?.startsWith('ghost@');
      },
    },
  );
  const copy = (to: string) =>
    `<message from='r@muc/n' to='${to}@${domain}'><body>&lt;hi&gt;<b/></body><message><x/></message></message>`;
  connection.say(
    copy('ghost') +
      copy('listener') +
      copy('ghost') +
      `<presence to='ghost@${domain}'/><iq to='ghost@${domain}' type='get' id='1'/>` +
      copy('listener'),
  );
  await ear.stanza(3);
  expect(ear.stanzas.map((el) => [el.name, el.attrs.to])).toEqual([
    ['message', `listener@${domain}`],
    ['iq', `ghost@${domain}`],
    ['message', `listener@${domain}`],
  ]);
  expect(ear.stanzas[2]?.toString()).toBe(ear.stanzas[0]?.toString());
  expect(asked).toEqual(
    ['message ghost', 'message listener', 'message ghost', 'presence ghost', 'message listener'].map((s) => `${s}@${domain}`),
  );
});

test('a handler that throws loses its own stanza only', async () => {
  const connection = await online(
    {},
    {
      stanza: (el) => {
        if (el.attrs.id === 'bad') throw new Error('a bug');
        ear.events.stanza(el);
      },
    },
  );
  connection.say(`<message id='bad'/><message id='good'/>`);
  await ear.stanza(1);
  expect(ear.stanzas[0]?.attrs.id).toBe('good');
  expect(ear.logged).toEqual(['stanza handler failed']);
  expect(wire.online).toBe(true);
});

test('stop() says goodbye, waits for the answer, and does not come back', async () => {
  const connection = await online();
  wire.send(line('last words'));
  const stopped = wire.stop();
  const heard = await connection.hears('</stream:stream>');
  expect(heard.indexOf('last words')).toBeGreaterThan(0);
  expect(wire.send(line('too late'))).toEqual({ down: true });
  connection.socket.end('</stream:stream>');
  await stopped;
  expect(connection.received).not.toContain('too late');
  await connection.ends();
  await pause(100);
  expect(server.connections).toHaveLength(1);
  expect(ear.states.at(-1)).toBe('down');
  expect(wire.send(line('too late'))).toEqual({ down: true });
});

test('stop() does not wait for ever: not for a mute server, nor for one that never came up', async () => {
  const mute = await online();
  mute.socket.pause();
  const before = performance.now();
  await wire.stop();
  expect(performance.now() - before).toBeGreaterThan(quick.goodbye - 10);
  expect(performance.now() - before).toBeLessThan(1_000);
  const silent = wireTo(server.port, ear);
  const started = silent.start();
  await server.next();
  await silent.stop();
  await started;
});
