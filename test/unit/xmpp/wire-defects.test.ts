import { afterEach, beforeEach, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import type { Wire } from '../../../src/networks/xmpp/wire/wire.ts';
import { type Connection, domain, Ear, quick, ScriptedServer, wireTo } from './scripted-server.ts';

// The defects of @xmpp/component 0.13 that ended the process or hung the link, each told as what the server does.

let server: ScriptedServer;
let ear: Ear;
let wire: Wire;
const uncaught: unknown[] = [];
const note = (error: unknown) => void uncaught.push(error);

beforeEach(async () => {
  server = await ScriptedServer.listen();
  ear = new Ear();
  wire = wireTo(server.port, ear);
  uncaught.length = 0;
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await wire.stop();
  await server.close();
  process.removeListener('uncaughtException', note);
  process.removeListener('unhandledRejection', note);
  expect(uncaught).toEqual([]);
});

async function online(): Promise<Connection> {
  const started = wire.start();
  const connection = await server.next();
  await connection.welcomes();
  await started;
  expect(wire.online).toBe(true);
  return connection;
}

const message = (body: string, from = 'romeo@xmpp.example/orchard') =>
  `<message from='${from}' to='${domain}' type='chat'><body>${body}</body></message>`;

test('1: a character split over two packets arrives whole', async () => {
  const connection = await online();
  const octets = Buffer.from(message('grüße 🌹 花'));
  for (let cut = octets.indexOf('gr'); cut < octets.indexOf('</body>'); cut += 1) {
    await connection.sayApart(octets.subarray(0, cut), octets.subarray(cut));
  }
  await ear.stanza(16);
  expect(new Set(ear.bodies)).toEqual(new Set(['grüße 🌹 花']));
});

test('2: malformed XML with more data behind costs the link, not the process', async () => {
  const connection = await online();
  connection.say(`${message('before')}<message><a></b></message>${message('same packet')}`);
  connection.say(message('next packet'));
  await connection.hears('<not-well-formed');
  const again = await server.next();
  await again.welcomes(message('after'));
  await ear.stanza(2);
  expect(ear.bodies).toEqual(['before', 'after']);
});

test.each([
  ['a document type', '<!DOCTYPE lolz [<!ENTITY lol "lol">]>', 'restricted-xml'],
  ['a comment', '<!-- hello -->', 'restricted-xml'],
  ['a processing instruction', '<?php die() ?>', 'restricted-xml'],
  ['an unknown entity', message('&lol;'), 'not-well-formed'],
  ['a character that XML forbids', message('&#1;'), 'not-well-formed'],
  ['text between the stanzas', 'hello <message/>', 'not-well-formed'],
])('3: %s is refused, and the link comes back', async (_, hostile, condition) => {
  const connection = await online();
  connection.say(hostile);
  connection.say(message('more'));
  await connection.hears(`<${condition} `);
  const again = await server.next();
  await again.welcomes(message('after'));
  await ear.stanza(1);
  expect(ear.bodies).toEqual(['after']);
});

test('4: sending while there is no link is an answer, not a throw', async () => {
  const chat = (attrs: Record<string, string>) => xml('message', attrs, xml('body', {}, 'hi'));
  expect(wire.send(chat({ from: domain, to: 'romeo@xmpp.example' }))).toEqual({ down: true });
  expect(wire.send(chat({ to: 'romeo@xmpp.example' }))).toMatchObject({ refused: { code: 'bad-address' } });
  await expect(wire.drained()).rejects.toThrow('down');
  const request = xml('iq', { type: 'get', from: domain, to: 'xmpp.example' }, xml('ping', { xmlns: 'urn:xmpp:ping' }));
  await expect(wire.iq(request)).rejects.toMatchObject({ condition: 'remote-server-timeout' });
});

test('5: an address that is none passes through untouched', async () => {
  const connection = await online();
  connection.say(message('from nowhere', '@@@/x') + message('from somewhere'));
  await ear.stanza(2);
  expect(ear.stanzas[0]?.attrs.from).toBe('@@@/x');
  expect(ear.bodies).toEqual(['from nowhere', 'from somewhere']);
});

test('6: a server that accepts and stays silent is given up and tried again', async () => {
  wire = wireTo(server.port, ear, { timing: { ...quick, attempt: 80 } });
  const started = wire.start();
  const silent = await server.next();
  await silent.ends();
  await started;
  const again = await server.next();
  await again.welcomes();
  await ear.ups(1);
  expect(ear.states).toEqual(['connecting', 'down', 'connecting', 'up']);
  expect(ear.whys[0]?.code).toBe('timeout');
});

test('6: so is one that falls silent after its header', async () => {
  wire = wireTo(server.port, ear, { timing: { ...quick, attempt: 80 } });
  const started = wire.start();
  const silent = await server.next();
  silent.say(`<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>`);
  await silent.hears('<handshake>');
  await silent.ends();
  await started;
  await (await server.next()).welcomes();
  await ear.ups(1);
});
