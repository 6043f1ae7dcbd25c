import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import type { Finding } from '../../../src/networks/finding.ts';
import { check } from '../../../src/networks/xmpp/check/check.ts';
import { notTaken } from '../../../src/networks/xmpp/check/component.ts';
import { foreignRoutes, ownership } from '../../../src/networks/xmpp/check/owner.ts';
import { aboutRoom } from '../../../src/networks/xmpp/check/room.ts';
import type { Stream } from '../../../src/networks/xmpp/check/stream.ts';
import { IqError } from '../../../src/networks/xmpp/errors.ts';
import { notAlone } from '../../../src/networks/xmpp/wire/alone.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';
import { type Connection, domain, ScriptedServer } from './scripted-server.ts';

async function all(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const finding of findings) found.push(finding);
  return found;
}

describe('a server that does not take us', () => {
  let server: ScriptedServer;
  beforeEach(async () => {
    server = await ScriptedServer.listen();
  });
  afterEach(() => server.close());

  async function codes(play: (connection: Connection) => unknown, secret = 'hush'): Promise<string[]> {
    const config = { service: `xmpp://127.0.0.1:${server.port}`, domain, secret, nick: 'Rialto' };
    const found = all(check(config, { network: 'one', rooms: [], url: 'http://127.0.0.1:1' }));
    await play(await server.next());
    // The first connection hears the greeting only.
    if (play !== first) await play(await server.next());
    return (await found).filter(({ verdict }) => verdict === 'fault').map(({ code }) => code);
  }
  const first = async (connection: Connection): Promise<void> => {
    await connection.hears('<stream:stream');
    connection.say("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1'>");
  };
  const failing = (condition: string) => async (connection: Connection) => {
    await connection.hears('<stream:stream');
    connection.say("<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>");
    if (server.connections.length > 1) connection.fails(condition);
  };

  test('a port where nobody listens, and a name that nobody has', async () => {
    for (const service of ['xmpp://127.0.0.1:1', 'xmpp://nowhere.invalid:5347']) {
      const found = await all(check({ service, domain, secret: 'hush', nick: 'Rialto' }, { network: 'one', rooms: [], url: '' }));
      expect(found[0]).toMatchObject({ code: 'component-unreachable', verdict: 'fault' });
    }
  });

  test('a port for clients', async () => {
    expect(await codes(first)).toEqual(['component-port']);
  });

  test.each([
    ['host-unknown', 'component-unknown'],
    ['not-authorized', 'component-secret'],
    ['conflict', 'component-second-owner'],
    ['policy-violation', 'component-refused'],
  ])('%s is %s', async (condition, code) => {
    expect(await codes(failing(condition))).toEqual([code]);
  });
});

/** Routes by a rule: `us` comes back, a condition is an error, anything else an answer of somebody. */
function routed(rule: (to: string, n: number) => string): Stream {
  let n = 0;
  return {
    domain: 'people.example',
    iq: async (el: El) => {
      n += 1;
      const where = rule(el.attrs.to ?? '', n);
      if (where === 'us') return el;
      if (where === 'another') return xml('iq', { type: 'result' });
      throw new IqError(where, 'cancel');
    },
  };
}

test('a running bridge whose domain is shared out names the second owner', () => {
  const config = { service: 'xmpp://127.0.0.1:1', domain, secret: 'hush', nick: 'Rialto' };
  expect(notTaken(config, { why: notAlone })).toMatchObject({ code: 'component-second-owner', verdict: 'fault' });
});

describe('who has the domain', () => {
  test.each([
    ['all of it comes to us', () => 'us', 'component-route', 'ok'],
    [
      'a second owner gets every other stanza',
      (_: string, n: number) => (n % 2 ? 'us' : 'another'),
      'component-second-owner',
      'fault',
    ],
    [
      'one stanza is lost each time',
      (_: string, n: number) => (n % 24 === 5 ? 'timeout' : 'us'),
      'component-second-owner',
      'fault',
    ],
    [
      'a connection that has just ended had one stanza',
      (_: string, n: number) => (n === 5 ? 'timeout' : 'us'),
      'component-route',
      'ok',
    ],
    ['none of it comes to us', () => 'service-unavailable', 'component-route', 'fault'],
  ])('%s', async (_, rule, code, verdict) => {
    expect(await ownership(routed(rule))).toMatchObject({ code, verdict });
  });

  test('what is for other hosts and comes to us is a fault; our own domain is not asked', async () => {
    const stream = routed((to) => (to === 'other.example' || to === 'people.example' ? 'us' : 'service-unavailable'));
    expect(await foreignRoutes(stream, ['people.example', 'rooms.example'])).toBeUndefined();
    expect(await foreignRoutes(stream, ['rooms.example', 'other.example'])).toMatchObject({
      code: 'component-foreign-routes',
      evidence: expect.stringContaining('other.example'),
    });
  });
});

describe('a room', () => {
  const room = 'garden@rooms.example';
  /** By namespace of the question: features, or the condition of an error. */
  function roomOf(answers: Record<string, readonly string[] | string>, nicks: readonly string[] = []): Stream {
    return {
      domain: 'people.example',
      iq: async (el: El) => {
        const ns = el.getChild('query')?.getNS() ?? '';
        const answer = answers[ns];
        if (typeof answer === 'string') throw new IqError(answer, 'auth');
        const items = nicks.map((nick) => xml('item', { jid: `${room}/${nick}` }));
        const features = (answer ?? []).map((name) => xml('feature', { var: name }));
        return xml('iq', { type: 'result' }, xml('query', { xmlns: ns }, ...features, ...items));
      },
    };
  }
  const info = 'http://jabber.org/protocol/disco#info';
  const open = ['http://jabber.org/protocol/muc', 'urn:xmpp:mam:2', 'urn:xmpp:occupant-id:0'];
  const look = (stream: Stream, told?: string) =>
    all(
      aboutRoom(
        {
          stream,
          listener: 'rialto@people.example',
          isIn: () => false,
          knock: async () => (told === undefined ? undefined : { condition: told, type: 'auth' }),
        },
        room,
      ),
    );

  test.each([
    ['is open', { [info]: open }, 'room'],
    ['is gone', { [info]: 'item-not-found' }, 'room-gone'],
    ['does not answer', { [info]: 'remote-server-timeout' }, 'room-unreachable'],
    ['has banned us, as Prosody says it', { [info]: open, 'jabber:iq:register': 'forbidden' }, 'listener-banned'],
    ['has banned us, as its archive says it', { [info]: open, 'urn:xmpp:mam:2': 'forbidden' }, 'listener-banned'],
    ['is for members', { [info]: [...open, 'muc_membersonly'], 'urn:xmpp:mam:2': 'forbidden' }, 'room-members-only'],
    ['has a password', { [info]: [...open, 'muc_passwordprotected'] }, 'room-password'],
    ['keeps no archive', { [info]: open.filter((one) => !one.includes('mam')) }, 'room-no-archive'],
    ['is none', { [info]: ['urn:xmpp:mam:2', 'urn:xmpp:occupant-id:0'] }, 'room-no-room'],
  ])('that %s', async (_, answers, code) => {
    const found = await look(roomOf(answers));
    expect(found).toEqual([expect.objectContaining({ code, room })]);
  });

  test.each([
    ['conflict', 'room'],
    ['forbidden', 'listener-banned'],
    ['registration-required', 'room-members-only'],
    ['resource-constraint', 'room-closed'],
  ])('that says %s to a knock under a name that is taken', async (told, code) => {
    expect((await look(roomOf({ [info]: open }, ['Romeo']), told)).map((one) => one.code)).toEqual([code]);
    // Nobody knocks where no name is known to be taken: others would see it.
    expect((await look(roomOf({ [info]: open }), told)).map((one) => one.code)).toEqual(['room']);
  });
});
