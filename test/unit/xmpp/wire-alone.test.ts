import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import { IqError } from '../../../src/networks/xmpp/errors.ts';
import { XmppNetwork } from '../../../src/networks/xmpp/network.ts';
import { isAlone } from '../../../src/networks/xmpp/wire/alone.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';
import { FakeHost, until } from './fake-muc.ts';
import { type Connection, domain, ScriptedServer } from './scripted-server.ts';

/** Each question ends as the next one of these, over and over. */
function server(...ends: readonly ('back' | 'result' | 'error' | 'nothing')[]) {
  let asked = 0;
  return {
    iq: async (el: El): Promise<El> => {
      const end = ends[asked++ % ends.length];
      if (end === 'back') return el;
      if (end === 'result') return xml('iq', { type: 'result' });
      throw new IqError('service-unavailable', 'cancel', undefined, end === 'error' ? xml('iq', { type: 'error' }) : undefined);
    },
  };
}

describe('a connection is the only one', () => {
  test.each([
    ['where all that we ask ourselves comes back', server('back'), true],
    ['where the server answers it', server('result'), true],
    ['where the server refuses to answer it', server('error'), true],
    ['where the server knows nothing of the kind', server('nothing'), true],
    ['but not where a part is lost', server('back', 'back', 'back', 'back', 'nothing'), false],
    ['and not where somebody else answers a part', server('back', 'back', 'result'), false],
  ])('%s', async (_, wire, expected) => {
    expect(await isAlone(wire, domain)).toBe(expected);
  });
});

describe('a network', () => {
  let server: ScriptedServer;
  let network: XmppNetwork;
  const states: string[] = [];

  beforeEach(async () => {
    server = await ScriptedServer.listen();
    const host = Object.assign(new FakeHost(), { state: (state: string) => void states.push(state) });
    states.length = 0;
    network = new XmppNetwork({ service: `xmpp://127.0.0.1:${server.port}`, domain, secret: 'hush', nick: 'Rialto' }, host);
  });
  afterEach(async () => {
    await network.stop();
    await server.close();
  });

  /** Sends back every n-th question. */
  async function returns(connection: Connection, n: number): Promise<void> {
    await connection.hears(/(<iq .*?<\/iq>){16}/);
    const questions = connection.received.match(/<iq .*?<\/iq>/g) ?? [];
    connection.say(questions.filter((_, at) => at % n === 0).join(''));
  }

  test('is up only when the server gives it all that is for it', async () => {
    await Promise.all([network.start(), server.next().then((one) => one.welcomes())]);
    const [first] = server.connections;
    if (first) await returns(first, 2);
    const second = await server.next();
    expect(first?.closed).toBe(true);
    expect(states).not.toContain('up');
    await second.welcomes();
    await returns(second, 1);
    await until(() => states.at(-1) === 'up');
  });

  test('that meets the question of another one connects anew', async () => {
    await Promise.all([network.start(), server.next().then((one) => one.welcomes())]);
    const [first] = server.connections;
    if (!first) throw new Error('no connection');
    await returns(first, 1);
    await until(() => states.at(-1) === 'up');
    first.say(`<iq type='get' id='x' from='${domain}' to='${domain}'><ping xmlns='urn:xmpp:ping'/></iq>`);
    const second = await server.next();
    await second.welcomes();
    await returns(second, 1);
    await until(() => states.at(-1) === 'up' && states.includes('down'));
  });
});
