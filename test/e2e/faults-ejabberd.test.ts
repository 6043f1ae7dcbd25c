import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Finding } from '../../src/networks/finding.ts';
import { xmpp } from '../../src/networks/xmpp/protocol.ts';
import { Wire } from '../../src/networks/xmpp/wire/wire.ts';
import { Ejabberd } from '../lab/ejabberd.ts';
import { installEjabberd } from '../lab/install.ts';
import { freePort } from '../lab/process.ts';
import { Progress } from '../lab/progress.ts';
import { XmppPerson } from '../lab/xmpp-person.ts';
import { QuietLog } from '../support/quiet-log.ts';
import { describeWhere } from './lab.ts';

const secret = 'a-secret-of-the-lab-0123456789';
const domain = 'people.xmpp.localhost';
const room = 'garden@rooms.xmpp.localhost';

await describeWhere(
  'rialto check of an XMPP network on ejabberd',
  () => installEjabberd(new Progress()),
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'rialto-ejabberd-'));
    let global = false;
    let server: Ejabberd;
    let juliet: XmppPerson;
    let ports: { c2sPort: number; componentPort: number };

    beforeAll(async () => {
      ports = { c2sPort: await freePort(), componentPort: await freePort() };
      const names = { domain: 'xmpp.localhost', mucDomain: 'rooms.xmpp.localhost', peopleDomain: domain };
      const at = { ...ports, ...names, roomDomain: 'bridged.xmpp.localhost', secret, folder };
      server = new Ejabberd(at, (text) => (global ? text.replace('global_routes: false', 'global_routes: true') : text));
      server.addUser('juliet', 'balcony');
      await server.start();
      juliet = await XmppPerson.login({ port: ports.c2sPort, domain: 'xmpp.localhost', name: 'juliet', password: 'balcony' });
      await juliet.join(room);
      await juliet.configure(room, { 'muc#roomconfig_persistentroom': '1', 'muc#roomconfig_enablearchiving': '1' });
    }, 120_000);
    afterAll(async () => {
      await juliet?.close();
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    }, 30_000);

    interface Changed {
      readonly rooms?: readonly string[];
      readonly config?: object;
    }
    async function wrong({ rooms = [room], config = {} }: Changed = {}): Promise<string[]> {
      const service = `xmpp://127.0.0.1:${ports.componentPort}`;
      const part = xmpp.config.parse({ service, domain, secret, ...config });
      const linked = rooms.map((native) => ({ address: xmpp.parse(native) ?? { native, uri: '' }, beside: [] }));
      const found: Finding[] = [];
      for await (const finding of xmpp.check(part, { network: 'one', rooms: linked, url: 'http://127.0.0.1:1' }))
        found.push(finding);
      return found.filter(({ verdict }) => verdict === 'fault').map(({ code }) => code);
    }

    test('a set-up that works has no fault', async () => {
      expect(await wrong()).toEqual([]);
    });

    test.each([
      ['the secret is wrong', { config: { secret: 'another-secret-than-theirs' } }, 'component-secret'],
      // It does not tell the two apart; the finding says that.
      ['the domain is unknown', { config: { domain: 'peeple.xmpp.localhost' } }, 'component-secret'],
      ['the room is gone', { rooms: ['ruin@rooms.xmpp.localhost'] }, 'room-gone'],
      ['the service of the rooms is away', { rooms: ['garden@elsewhere.localhost'] }, 'rooms-unreachable'],
    ])('%s', async (_, changed, code) => {
      expect(await wrong(changed)).toEqual([code]);
    });

    test('the port is that for clients', async () => {
      expect(await wrong({ config: { service: `xmpp://127.0.0.1:${ports.c2sPort}` } })).toEqual(['component-port']);
    });

    test('a second owner of the domain, whom the server lets in without a word', async () => {
      const service = `xmpp://127.0.0.1:${ports.componentPort}`;
      const rival = new Wire({ service, domain, secret, log: new QuietLog() }, { stanza: () => {}, state: () => {} });
      await rival.start();
      expect(await wrong()).toEqual(['component-second-owner']);
      await rival.stop();
    });

    test('the listener is banned, and then no more', async () => {
      const jid = `rialto@${domain}`;
      await juliet.moderate(room, { affiliation: 'outcast', jid });
      expect(await wrong()).toEqual(['listener-banned']);
      await juliet.moderate(room, { affiliation: 'none', jid });
      expect(await wrong()).toEqual([]);
    });

    test('the room is for members only', async () => {
      await juliet.configure(room, { 'muc#roomconfig_membersonly': '1' });
      expect(await wrong()).toEqual(['room-members-only']);
      await juliet.configure(room, { 'muc#roomconfig_membersonly': '0' });
    });

    test('what is for other components comes to us', async () => {
      await server.stop();
      global = true;
      await server.start();
      expect(await wrong({ rooms: [] })).toEqual(['component-foreign-routes']);
    });
  },
);
