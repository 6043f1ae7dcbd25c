import { resolve4, resolve6, resolveSrv } from 'node:dns/promises';
import { isIP } from 'node:net';
import xml from '@xmpp/xml';
import type { Finding } from '../../finding.ts';
import { caught } from '../errors.ts';
import { ns } from '../ns.ts';
import type { Stream } from './stream.ts';

const askMs = 4000;
/** XEP-0202 has whole seconds, and there is a way there and back. */
const skewMs = 5000;
/** Names that are nobody's on the Internet (RFC 2606, RFC 6761, RFC 6762 and what people use besides). */
const privateName = /(^|\.)(localhost|local|internal|lan|home|test|example|invalid|localdomain)$/;

/** The hosts that a server shows beside it (XEP-0030 §4); none if it does not answer. */
export async function hostsOf(stream: Stream, server: string): Promise<string[]> {
  const query = xml('iq', { type: 'get', from: stream.domain, to: server }, xml('query', { xmlns: ns.discoItems }));
  const answer = await stream.iq(query, askMs).catch(() => undefined);
  const items = answer?.getChild('query', ns.discoItems)?.getChildren('item') ?? [];
  const hosts = items.map((item) => item.attrs.jid ?? '').filter((jid) => jid !== '' && !/[@/]/.test(jid));
  return [...new Set([server, ...hosts])];
}

/** The host that the component belongs to, as names go. */
export function parentOf(domain: string): string | undefined {
  const parent = domain.slice(domain.indexOf('.') + 1);
  return domain.includes('.') && !isIP(domain) ? parent : undefined;
}

/** What the server is, and how late it is there. */
export async function* aboutServer(stream: Stream, server: string): AsyncGenerator<Finding> {
  const [version, time] = await Promise.all([
    ask(stream, server, xml('query', { xmlns: ns.version })),
    ask(stream, server, xml('time', { xmlns: ns.time })),
  ]);
  const name = version?.getChild('query', ns.version);
  const software = [name?.getChildText('name'), name?.getChildText('version')].filter(Boolean).join(' ');
  yield { code: 'server', verdict: 'ok', evidence: `${server} answers${software ? `: ${software}` : ''}` };
  yield clock(server, time?.getChild('time', ns.time)?.getChildText('utc'));
}

function clock(server: string, utc: string | null | undefined): Finding {
  const there = Date.parse(utc ?? '');
  if (Number.isNaN(there)) {
    return { code: 'server-clock', verdict: 'skipped', evidence: `${server} does not tell its time (Prosody: module "time")` };
  }
  const skew = there - Date.now();
  if (Math.abs(skew) < skewMs)
    return { code: 'server-clock', verdict: 'ok', evidence: `the clock of ${server} agrees with ours` };
  return {
    code: 'server-clock',
    verdict: 'warning',
    evidence: `the clock of ${server} is ${Math.round(Math.abs(skew) / 1000)} s ${skew < 0 ? 'behind' : 'ahead of'} ours`,
    fix: 'let both machines set their clocks by NTP: an archive is asked by time',
  };
}

async function ask(stream: Stream, to: string, query: ReturnType<typeof xml>): Promise<ReturnType<typeof xml> | undefined> {
  return stream.iq(xml('iq', { type: 'get', from: stream.domain, to }, query), askMs).catch(() => undefined);
}

/** No service of rooms says so to a question what it is; COMPAT(prosody): `not-allowed` is a server without s2s. */
const away = ['remote-server-not-found', 'remote-server-timeout', 'timeout', 'not-allowed', 'service-unavailable'];

/** What the server says of the service of a room: undefined if it is there. */
export async function serviceFault(stream: Stream, service: string): Promise<Finding | undefined> {
  const query = xml('iq', { type: 'get', from: stream.domain, to: service }, xml('query', { xmlns: ns.discoInfo }));
  try {
    await stream.iq(query, askMs * 2);
    return undefined;
  } catch (error) {
    const { condition, text } = caught(error);
    if (!away.includes(condition)) return undefined;
    return {
      code: 'rooms-unreachable',
      verdict: 'fault',
      evidence: `our server does not reach the rooms at ${service}: ${condition}${text ? ` (${text})` : ''}`,
      fix: `start that service, or let the servers speak to each other. Prosody: Component "${service}" "muc", and s2s for other servers; ejabberd: mod_muc with host: ${service}, and a listener ejabberd_s2s_in`,
    };
  }
}

/** Whether other servers find the component. Undefined: the name is for here only. */
export async function nameKnown(domain: string): Promise<Finding | undefined> {
  if (isIP(domain) || !domain.includes('.') || privateName.test(domain)) return undefined;
  const found = await Promise.allSettled([resolveSrv(`_xmpp-server._tcp.${domain}`), resolve4(domain), resolve6(domain)]);
  if (found.some((one) => one.status === 'fulfilled' && one.value.length > 0)) {
    return { code: 'component-dns', verdict: 'ok', evidence: `${domain} is found in the DNS` };
  }
  return {
    code: 'component-dns',
    verdict: 'warning',
    evidence: `${domain} is not found in the DNS from here: rooms on other servers cannot answer`,
    fix: `for rooms on other servers, add an SRV record _xmpp-server._tcp.${domain} that names your server; else leave it`,
  };
}
