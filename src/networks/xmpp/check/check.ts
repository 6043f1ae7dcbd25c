import xml from '@xmpp/xml';
import type { Address } from '../../../cpim/address.ts';
import type { Finding } from '../../finding.ts';
import type { CheckContext } from '../../network.ts';
import type { XmppConfig } from '../config.ts';
import { split } from '../jid.ts';
import { Door } from '../muc/door.ts';
import { XmppNetwork } from '../network.ts';
import { notAlone } from '../wire/alone.ts';
import { notGreeted, notTaken, second } from './component.ts';
import { greeting } from './greeting.ts';
import { foreignRoutes, ownership } from './owner.ts';
import { conflictPolicy } from './policy.ts';
import { type Ended, Probe } from './probe.ts';
import { aboutRoom, type Look } from './room.ts';
import { aboutServer, hostsOf, nameKnown, parentOf, serviceFault } from './server.ts';
import type { Stream } from './stream.ts';

/** A program that was thrown out by us comes back within this; then the server throws us out. */
const rivalMs = 1300;
const knockMs = 3000;
const roomsAtOnce = 8;

/** XEP-0114, the server behind it, and the linked rooms. */
export async function* check(config: XmppConfig, context: CheckContext): AsyncGenerator<Finding> {
  const { running } = context;
  if (running instanceof XmppNetwork) yield* checkRunning(config, context, running);
  else yield* checkStopped(config, context);
  const name = await nameKnown(config.domain);
  if (name) yield name;
}

async function* checkRunning(config: XmppConfig, context: CheckContext, network: XmppNetwork): AsyncGenerator<Finding> {
  const { stream, isOnline, trouble } = network.open;
  if (trouble !== undefined && trouble === notAlone.text) return yield second(config.domain, trouble);
  if (!isOnline) return yield* closed(notTaken(config, endedBy(trouble)));
  yield taken(config);
  yield* beyond(stream, context, { stream, listener: listenerOf(config), isIn: (room) => network.isIn(room) });
}

async function* checkStopped(config: XmppConfig, context: CheckContext): AsyncGenerator<Finding> {
  const strange = notGreeted(config, await greeting(config.service, config.domain));
  if (strange) return yield* closed(strange);
  const opened = Date.now();
  const probe = await Probe.open(config);
  try {
    if (probe.ended) return yield* closed(notTaken(config, probe.ended));
    yield taken(config);
    const stream: Stream = { domain: config.domain, iq: (el, ms) => probe.iq(el, ms) };
    const knock: Look['knock'] = (room, nick) => knockAt(probe, { room, nick, as: `${listenerOf(config)}/check` });
    yield* beyond(stream, context, { stream, listener: listenerOf(config), isIn: () => false, knock });
    yield await rival(config, probe, opened);
    if (!probe.ended) yield await conflictPolicy(config, probe);
  } finally {
    await probe.close();
  }
}

/** The listener's bare address. */
const listenerOf = ({ domain }: XmppConfig): string => `rialto@${domain}`;

function taken({ service, domain }: XmppConfig): Finding {
  return { code: 'component', verdict: 'ok', evidence: `${service} takes us as ${domain}` };
}

function* closed(fault: Finding): Generator<Finding> {
  yield fault;
  yield { code: 'rooms', verdict: 'skipped', evidence: 'the rooms cannot be asked without a connection' };
}

/** The wire of the running bridge has told its reason as a text. */
function endedBy(trouble: string | undefined): Ended {
  const condition = /closed the stream: ([a-z-]+)/.exec(trouble ?? '')?.[1];
  const why = { code: 'unreachable' as const, text: trouble ?? 'it is being connected' };
  return condition === undefined ? { why } : { why, condition };
}

/** All that is asked through the stream. */
async function* beyond(stream: Stream, { rooms }: CheckContext, look: Look): AsyncGenerator<Finding> {
  const services = [...new Set(rooms.map(({ address }) => domainOf(address)))];
  const parent = parentOf(stream.domain);
  const servers = parent === undefined ? services : [parent, ...services];
  const [route, hosts] = await Promise.all([ownership(stream), Promise.all(servers.map((one) => hostsOf(stream, one)))]);
  yield route;
  if (route.verdict === 'fault') return yield { code: 'rooms', verdict: 'skipped', evidence: 'answers do not reach us' };
  const foreign = await foreignRoutes(stream, [...new Set(hosts.flat())]);
  if (foreign) yield foreign;
  if (parent !== undefined) yield* aboutServer(stream, parent);
  for (const service of services) {
    const away = await serviceFault(stream, service);
    if (away) yield away;
    else
      yield* inBatches(
        rooms.filter(({ address }) => domainOf(address) === service),
        look,
      );
  }
}

const domainOf = ({ native }: Address): string => split(native)?.domain ?? native;

async function* inBatches(rooms: CheckContext['rooms'], look: Look): AsyncGenerator<Finding> {
  for (let n = 0; n < rooms.length; n += roomsAtOnce) {
    const some = rooms.slice(n, n + roomsAtOnce).map(({ address }) => collect(aboutRoom(look, address.native)));
    for (const findings of await Promise.all(some)) yield* findings;
  }
}

/** Under a name that is taken: nobody sees us come, unless its bearer goes in that very moment; then we go, too. */
async function knockAt(probe: Probe, at: { readonly room: string; readonly nick: string; readonly as: string }) {
  const door = new Door(probe, at.room);
  probe.heard = (presence) => door.presence(presence);
  const entered = await door.enter({ as: at.as, nick: at.nick, history: { maxstanzas: '0' }, ms: knockMs });
  if (entered.kind === 'in') {
    probe.send(xml('presence', { from: at.as, to: `${at.room}/${entered.nick}`, type: 'unavailable' }));
  }
  return entered.kind === 'error' && entered.error.condition !== 'timeout' ? entered.error : undefined;
}

/** A rival that the server threw out for us comes back, and throws us out. */
async function rival({ domain }: XmppConfig, probe: Probe, opened: number): Promise<Finding> {
  const ended = await probe.endsWithin(opened + rivalMs - Date.now());
  if (ended) return second(domain, `another program took the domain from us: ${ended.why.text ?? ended.why.code}`);
  return { code: 'component-owner', verdict: 'ok', evidence: `nobody else came as ${domain}` };
}

async function collect(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const all: Finding[] = [];
  for await (const finding of findings) all.push(finding);
  return all;
}
