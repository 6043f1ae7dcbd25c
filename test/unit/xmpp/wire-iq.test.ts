import { afterEach, beforeEach, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import { IqError } from '../../../src/networks/xmpp/errors.ts';
import type { Wire } from '../../../src/networks/xmpp/wire/wire.ts';
import { type Connection, domain, Ear, ScriptedServer, wireTo } from './scripted-server.ts';

let server: ScriptedServer;
let ear: Ear;
let wire: Wire;
let connection: Connection;

beforeEach(async () => {
  server = await ScriptedServer.listen();
  ear = new Ear();
  wire = wireTo(server.port, ear, { maxStanza: 10_000 });
  const started = wire.start();
  connection = await server.next();
  await connection.welcomes();
  await started;
});
afterEach(async () => {
  await wire.stop();
  await server.close();
});

const ghost = `ghost@${domain}`;
const ask = (to: string, id?: string) =>
  xml('iq', { type: 'get', from: ghost, to, id }, xml('query', { xmlns: 'http://jabber.org/protocol/disco#info' }));
const answer = (attrs: string, inner = '') => `<iq to='${ghost}' ${attrs}>${inner}</iq>`;

test('an answer needs the id, the sender and the addressee of its request', async () => {
  const pending = wire.iq(ask('muc.example', 'a1'));
  connection.say(
    answer(`type='result' id='a1' from='evil.example'`) +
      answer(`type='result' id='a2' from='muc.example'`) +
      answer(`type='result' id='a1' from='muc.example/full'`) +
      `<iq to='other@${domain}' type='result' id='a1' from='muc.example'/>` +
      answer(`type='get' id='a1' from='muc.example'`) +
      answer(`type='result' id='a1' from='muc.example'`, '<right/>'),
  );
  expect((await pending).getChild('right')).toBeDefined();
  // The others are strangers' stanzas, for the user of the wire to judge.
  await ear.stanza(5);
  expect(ear.stanzas.map((el) => el.attrs.from)).toEqual([
    'evil.example',
    'muc.example',
    'muc.example/full',
    'muc.example',
    'muc.example',
  ]);
});

test('addresses are compared prepared', async () => {
  const pending = wire.iq(ask('Room@MUC.example/Nick', 'b1'));
  connection.say(answer(`type='result' id='b1' from='room@muc.example/Nick'`));
  await pending;
});

test('an id is made up where there is none, a new one each time', async () => {
  const first = ask('a.example');
  const second = ask('a.example');
  const pending = [wire.iq(first), wire.iq(second)];
  expect(first.attrs.id).toBeDefined();
  expect(first.attrs.id).not.toBe(second.attrs.id);
  connection.say(
    answer(`type='result' id='${second.attrs.id}' from='a.example'`, '<two/>') +
      answer(`type='result' id='${first.attrs.id}' from='a.example'`, '<one/>'),
  );
  const [one, two] = await Promise.all(pending);
  expect([one?.getChildElements()[0]?.name, two?.getChildElements()[0]?.name]).toEqual(['one', 'two']);
});

test('a second request with the id of a pending one is refused and does not disturb it', async () => {
  const pending = wire.iq(ask('a.example', 'same'));
  await expect(wire.iq(ask('a.example', 'same'))).rejects.toMatchObject({ condition: 'bad-request' });
  connection.say(answer(`type='result' id='same' from='a.example'`));
  await pending;
});

test('an error is an IqError with its condition, type and text', async () => {
  const pending = wire.iq(ask('a.example', 'c1'));
  connection.say(
    answer(
      `type='error' id='c1' from='a.example'`,
      `<error type='auth'><app xmlns='urn:x'/><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>Go away</text></error>`,
    ),
  );
  const error = await pending.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(IqError);
  expect(error).toMatchObject({ condition: 'forbidden', type: 'auth', text: 'Go away' });
  expect((error as IqError).el?.attrs.id).toBe('c1');
});

test('an error without a reason rejects at once', async () => {
  const pending = wire.iq(ask('a.example', 'd1'), 60_000);
  connection.say(answer(`type='error' id='d1' from='a.example'`));
  await expect(pending).rejects.toMatchObject({ condition: 'undefined-condition', type: 'cancel' });
});

test('no answer in time, and a late one, is nobody’s', async () => {
  const pending = wire.iq(ask('a.example', 'e1'), 30);
  const error: unknown = await pending.catch((caught: unknown) => caught);
  expect(error).toMatchObject({ condition: 'remote-server-timeout', type: 'wait', el: undefined });
  connection.say(answer(`type='result' id='e1' from='a.example'`));
  await ear.stanza(1);
});

test('a lost link ends what was asked on it', async () => {
  const pending = wire.iq(ask('a.example', 'f1'), 60_000);
  connection.socket.destroy();
  await expect(pending).rejects.toMatchObject({ condition: 'remote-server-timeout', type: 'wait' });
});

test('a request that may not be sent rejects', async () => {
  await expect(wire.iq(xml('iq', { type: 'get', from: 'a@elsewhere.example', to: 'a.example' }))).rejects.toMatchObject({
    condition: 'jid-malformed',
    el: undefined,
  });
});

test('V6120-13.12-1 too large to read: the request is answered, our own is told, the rest goes on', async () => {
  const big = '<x/>'.repeat(5_000);
  const pending = wire.iq(ask('a.example', 'g1'), 60_000);
  connection.say(answer(`type='result' id='g1' from='a.example'`, big));
  await expect(pending).rejects.toMatchObject({ condition: 'policy-violation' });
  connection.say(`${answer(`type='set' id='h1' from='romeo@xmpp.example/o'`, big)}<message from='a@b' to='${ghost}'/>`);
  await connection.hears(
    /<iq from="ghost@bridge.example" to="romeo@xmpp.example\/o" id="h1" type="error"><error type="modify"><policy-violation /,
  );
  await ear.stanza(1);
  expect(wire.online).toBe(true);
});
