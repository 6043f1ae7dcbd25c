import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Delivery, Endpoint, Ghost, Network } from '../../src/networks/network.ts';
import { xmpp } from '../../src/networks/xmpp/protocol.ts';
import { Passage } from '../lab/passage.ts';
import { freePort, sleep } from '../lab/process.ts';
import { Progress } from '../lab/progress.ts';
import { XmppPerson } from '../lab/xmpp-person.ts';
import { installXmpp, makeXmppServer, type XmppKind, type XmppServer, xmppServers } from '../lab/xmpp-server.ts';
import { delivery, FakeHost, until } from '../unit/xmpp/fake-muc.ts';
import { describeWhere } from './lab.ts';

/** One network against a real server: what the core is told, and what people in the room see. */
function tests(kind: XmppKind): void {
  const folder = mkdtempSync(join(tmpdir(), 'rialto-xmpp-'));
  let server: XmppServer;
  let juliet: XmppPerson;
  let romeo: XmppPerson;
  let ports: { c2s: number; component: number };
  let passage: Passage;
  const host = new FakeHost();
  let network: Network;
  let rooms = 0;

  beforeAll(async () => {
    ports = { c2s: await freePort(), component: await freePort() };
    const domains = {
      domain: 'xmpp.localhost',
      mucDomain: 'muc.localhost',
      peopleDomain: 'people.localhost',
      roomDomain: 'rooms.localhost',
    };
    const at = { c2sPort: ports.c2s, componentPort: ports.component, secret: 's3cret', ...domains };
    server = await makeXmppServer(kind, at, folder);
    for (const name of ['juliet', 'romeo']) server.addUser(name, 'x');
    await server.start();
    passage = await Passage.to(ports.component);
    const login = { port: ports.c2s, domain: 'xmpp.localhost', password: 'x' };
    juliet = await XmppPerson.login({ ...login, name: 'juliet' });
    romeo = await XmppPerson.login({ ...login, name: 'romeo' });
    await begin();
  });

  afterEach(() => {
    host.failures = 0;
  });

  afterAll(async () => {
    await network.stop();
    await passage.close();
    await Promise.all([juliet.close(), romeo.close()]);
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function begin(): Promise<void> {
    const config = {
      service: `xmpp://127.0.0.1:${passage.port}`,
      domain: 'people.localhost',
      secret: 's3cret',
      nick: 'Rialto',
    };
    network = xmpp.connect(config, host);
    await network.start();
  }

  /** A new room with Juliet, its owner, and Romeo in it. */
  async function makeRoom(options: Record<string, string> = {}): Promise<Endpoint> {
    rooms += 1;
    const native = `room${rooms}@muc.localhost`;
    await juliet.join(native);
    await juliet.configure(native, { 'muc#roomconfig_persistentroom': '1', ...options });
    await romeo.join(native).catch(() => undefined);
    return { id: rooms, room: rooms, network: 'x', address: { uri: `im:${native}`, native }, settings: { seats: 'speak' } };
  }

  async function attach(at: Endpoint): Promise<void> {
    expect(await network.attach(at, undefined)).toMatchObject({ kind: 'attached', marker: expect.any(String) });
  }

  const names: string[] = [];
  function ghostOf(name: string): Ghost {
    if (!names.includes(name)) names.push(name);
    const key = `@${name.length}${encodeURIComponent(name).slice(0, 20)}:matrix.localhost`;
    return {
      id: names.indexOf(name) + 1,
      name,
      address: network.ghostFor({ network: 'm', key, weak: false, address: { uri: `im:${key}`, native: key } }),
    };
  }

  const job = (at: Endpoint, as: Ghost | undefined, text: string): Delivery => delivery(as, text, { at });
  const heardOf = (at: Endpoint): string[] => host.heard.filter((_, n) => host.accepted[n]?.at?.id === at.id);
  const texts = (at: Endpoint): string[] => juliet.heard(at.address.native).map((line) => `${line.by}: ${line.text}`);

  test('people are heard once, in order, with who they are', async () => {
    const at = await makeRoom();
    await attach(at);
    await juliet.say(at.address.native, 'good night');
    await juliet.emote(at.address.native, 'sighs');
    await until(() => heardOf(at).length === 3);
    await romeo.rename('Montague', at.address.native);
    await romeo.leave(at.address.native);
    await until(() => heardOf(at).length === 5);
    expect(heardOf(at)).toEqual([
      'roster Juliet,Romeo',
      'Juliet: good night',
      'Juliet: sighs',
      'rename Montague',
      'leave Montague left',
    ]);
    const [, line] = host.accepted.filter((one) => one.at?.id === at.id);
    // This ejabberd gives no occupant-id (XEP-0421): only the nick tells who somebody is.
    expect(line).toMatchObject({
      from: { weak: kind === 'ejabberd' },
      ids: [{ kind: 'stanza-id', strong: true }, { kind: 'message-id' }],
    });
    expect(JSON.stringify(line)).not.toContain('juliet@xmpp.localhost');
  });

  test('every speaker of the other side is an occupant of his own, whatever he calls himself', async () => {
    const at = await makeRoom();
    await attach(at);
    const names = ['Alice', 'Juliet', '<b>&"\' \u0000\u202E/x', '  ', '😀😀', 'ø'.repeat(2000), 'عمر'];
    const outcomes = await Promise.all(names.map((name, n) => network.deliver(job(at, ghostOf(name), `line ${n} \u0001`))));
    expect(outcomes.map((one) => one.kind)).toEqual(names.map(() => 'sent'));
    await until(() => texts(at).length === names.length);
    const lines = juliet.heard(at.address.native);
    expect(lines.map((line) => line.text.slice(0, 6))).toEqual(names.map((_, n) => `line ${n}`));
    expect(new Set([...lines.map((line) => line.by), 'Juliet', 'Romeo', 'Rialto']).size).toBe(names.length + 3);
    expect(lines[1]?.by).toMatch(/^Juliet.*2/);
    expect(heardOf(at).filter((one) => !one.startsWith('echo'))).toEqual(['roster Juliet,Romeo']);
  });

  test('a ghost that was kicked comes back when it speaks; one that is banned is left to the listener', async () => {
    const at = await makeRoom();
    await attach(at);
    const alice = ghostOf('Alice');
    await network.deliver(job(at, alice, 'one'));
    await juliet.moderate(at.address.native, { nick: 'Alice', role: 'none' });
    expect(await network.deliver(job(at, alice, 'two'))).toMatchObject({ kind: 'sent' });
    await juliet.moderate(at.address.native, { jid: alice.address.native, affiliation: 'outcast' });
    expect(await network.deliver(job(at, alice, 'three'))).toMatchObject({
      kind: 'refused',
      scope: 'ghost',
      why: { code: 'banned' },
    });
    expect(await network.deliver(job(at, undefined, '<Alice> three'))).toMatchObject({ kind: 'sent' });
    await until(() => texts(at).length === 3);
    expect(texts(at)).toEqual(['Alice: one', 'Alice: two', 'Rialto: <Alice> three']);
  });

  test('a room for members only refuses the listener, and later a ghost', async () => {
    const at = await makeRoom({ 'muc#roomconfig_membersonly': '1' });
    expect(await network.attach(at, undefined)).toMatchObject({ kind: 'refused', why: { code: 'members-only' } });
    await juliet.moderate(at.address.native, { jid: 'rialto@people.localhost', affiliation: 'member' });
    await attach(at);
    expect(await network.deliver(job(at, ghostOf('Alice'), 'hi'))).toMatchObject({
      kind: 'refused',
      why: { code: 'members-only' },
    });
  });

  test('a restart causes no join and no leave, and what was said meanwhile comes from the archive', async () => {
    const at = await makeRoom();
    await attach(at);
    const alice = ghostOf('Alice');
    await network.deliver(job(at, alice, 'one'));
    const before = juliet.present(at.address.native);
    await network.stop();
    await sleep(100);
    expect(juliet.present(at.address.native)).toEqual(before);
    for (let n = 0; n < 120; n += 1) await juliet.say(at.address.native, `missed ${n}`);
    const start = heardOf(at).length;
    await begin();
    expect(await network.attach(at, await host.marker())).toMatchObject({ kind: 'attached' });
    await juliet.say(at.address.native, 'now');
    await until(() => heardOf(at).at(-1) === 'Juliet: now');
    const missed = Array.from({ length: 120 }, (_, n) => `Juliet: missed ${n}`);
    expect(heardOf(at).slice(start)).toEqual(['roster Juliet,Romeo', ...missed, 'Juliet: now']);
    expect(await network.deliver(job(at, alice, 'two'))).toMatchObject({ kind: 'sent' });
    await until(() => texts(at).at(-1) === 'Alice: two');
  });

  test('a moderator who has the listener removed for good ends the link', async () => {
    const at = await makeRoom();
    await attach(at);
    await juliet.moderate(at.address.native, { jid: 'rialto@people.localhost', affiliation: 'outcast' });
    await until(() => host.goneWith.length > 0);
    expect(host.goneWith.splice(0)).toEqual(['banned']);
  });

  test('so does an owner who destroys the room', async () => {
    const at = await makeRoom();
    await attach(at);
    await network.deliver(job(at, ghostOf('Alice'), 'one'));
    await juliet.destroy(at.address.native);
    await until(() => host.goneWith.length > 0);
    expect(host.goneWith.splice(0)).toEqual(['gone']);
  });

  // Prosody has no limit of its own.
  if (kind === 'ejabberd')
    test('who finds a room full is left to the listener', async () => {
      const at = await makeRoom({ 'muc#roomconfig_maxusers': '5' });
      await attach(at);
      for (const name of ['Alice', 'Bob']) await network.deliver(job(at, ghostOf(name), `I am ${name}`));
      const outcome = await network.deliver(job(at, ghostOf('Carol'), 'and I?'));
      expect(outcome).toMatchObject({ kind: 'refused', scope: 'ghost', why: { code: 'full' } });
      expect(await network.deliver(job(at, undefined, '<Carol> and I?'))).toMatchObject({ kind: 'sent' });
    });

  test('what the server gives to a connection that died unseen is not lost', async () => {
    const at = await makeRoom();
    await attach(at);
    await juliet.say(at.address.native, 'before');
    await until(() => heardOf(at).at(-1) === 'Juliet: before');
    const start = heardOf(at).length;
    passage.block();
    const said: string[] = [];
    for (let n = 0; n < 60; n += 1) {
      if (n === 40) passage.tell();
      await juliet.say(at.address.native, `line ${n}`);
      said.push(`Juliet: line ${n}`);
      await sleep(50);
    }
    await until(() => heardOf(at).at(-1) === said.at(-1));
    expect(heardOf(at).slice(start)).toEqual(['roster Juliet,Romeo', ...said]);
  });
}

for (const kind of xmppServers) {
  await describeWhere(
    `one network on ${kind}`,
    () => installXmpp(kind, new Progress()),
    () => tests(kind),
  );
}
