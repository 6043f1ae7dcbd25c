// A process in which nothing happens: an XMPP server and a homeserver with as many rooms as are asked for. In each sit one native
// person and the ghosts; nobody comes, goes or says anything. It knows no room by heart: every one is like the others.
import { createServer as createHttp } from 'node:http';
import { createServer, type Socket } from 'node:net';
import xml, { type Element } from '@xmpp/xml';
import { StreamParser } from '../../../src/networks/xmpp/wire/parser.ts';

export interface QuietCommand {
  /** Ghosts in each room. */
  readonly ghosts: number;
}

/** The id that the newest event of every room has. */
const NEWEST = '$start';
const mucUser = 'http://jabber.org/protocol/muc#user';
let ghosts = 0;

const features = ['http://jabber.org/protocol/muc', 'urn:xmpp:mam:2', 'urn:xmpp:occupant-id:0', 'muc_persistent'];

function answerTo(iq: Element): Element {
  const { from, to, id } = iq.attrs;
  const back = { from: to, to: from, id };
  // A question to ourselves comes back as it is.
  if (from === to && iq.attrs.type === 'get') return iq;
  const [query] = iq.getChildElements();
  if (query?.attrs.xmlns === 'http://jabber.org/protocol/disco#info') {
    const identity = xml('identity', { category: 'conference', type: 'text', name: `About ${to?.split('@')[0]}` });
    const vars = features.map((name) => xml('feature', { var: name }));
    return xml('iq', { ...back, type: 'result' }, xml('query', { xmlns: query.attrs.xmlns }, identity, ...vars));
  }
  if (query?.attrs.xmlns === 'urn:xmpp:mam:2') {
    const set = xml('set', { xmlns: 'http://jabber.org/protocol/rsm' }, xml('count', {}, '0'));
    return xml('iq', { ...back, type: 'result' }, xml('fin', { xmlns: query.attrs.xmlns, complete: 'true' }, set));
  }
  return xml('iq', { ...back, type: 'result' });
}

function seat(room: string, nick: string, to: string, ...codes: string[]): Element {
  const item = xml('item', { affiliation: 'member', role: 'participant' });
  const x = xml('x', { xmlns: mucUser }, item, ...codes.map((code) => xml('status', { code })));
  const occupant = xml('occupant-id', { xmlns: 'urn:xmpp:occupant-id:0', id: `${room.split('@')[0]}-${nick}`.padEnd(44, '=') });
  return xml('presence', { from: `${room}/${nick}`, to }, x, occupant);
}

/** Who enters is told of everybody, and of the subject. */
function entering({ attrs: { from = '', to = '' } }: Element): Element[] {
  const [room = '', nick = ''] = to.split('/');
  const others = ['Member', ...Array.from({ length: ghosts }, (_, n) => `Ghost ${n}`)];
  const subject = xml('message', { type: 'groupchat', from: room, to: from }, xml('subject', {}));
  return [...others.map((other) => seat(room, other, from)), seat(room, nick, from, '110'), subject];
}

function component(socket: Socket): void {
  const say = (el: Element): void => void socket.write(el.toString());
  const element = (el: Element): void => {
    if (el.name === 'handshake') socket.write('<handshake/>');
    else if (el.name === 'iq' && (el.attrs.type === 'get' || el.attrs.type === 'set')) say(answerTo(el));
    else if (el.name === 'presence' && el.attrs.type === undefined) entering(el).forEach(say);
  };
  const parser = new StreamParser({ element, oversized: () => {} }, 1_000_000);
  socket.once('data', () =>
    socket.write(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>`,
    ),
  );
  socket.on('data', (data) => parser.octets(data));
  socket.on('error', () => {});
}

function homeserver(path: string): readonly [number, unknown] {
  if (path.endsWith('/joined_members')) {
    const all = ['@member:sink', ...Array.from({ length: ghosts }, (_, n) => `@_rialto_ghost${n}:sink`)];
    return [200, { joined: Object.fromEntries(all.map((user) => [user, { display_name: `Name of ${user}` }])) }];
  }
  if (path.endsWith('/messages')) return [200, { chunk: [{ event_id: NEWEST }] }];
  if (path.endsWith('/versions')) return [200, { versions: ['v1.1', 'v1.11', 'v1.13'] }];
  if (path.endsWith('/whoami')) return [200, { user_id: '@rialto:sink' }];
  if (path.endsWith('/ping')) return [200, { duration_ms: 1 }];
  return path.includes('/state/') ? [404, { errcode: 'M_NOT_FOUND', error: 'no' }] : [200, {}];
}

async function listen(server: { listen: typeof xmpp.listen; address: typeof xmpp.address }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const xmpp = createServer(component);
const matrix = createHttp((incoming, outgoing) => {
  incoming.resume().once('end', () => {
    const [status, body] = homeserver((incoming.url ?? '').split('?')[0] ?? '');
    outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
});
const ports = Promise.all([listen(xmpp), listen(matrix)]);

process.on('message', ({ id, command }: { id: number; command: QuietCommand }) => {
  ghosts = command.ghosts;
  void ports.then(([component, homeserver]) => process.send?.({ id, result: { component, homeserver } }));
});
process.on('disconnect', () => process.exit(0));
