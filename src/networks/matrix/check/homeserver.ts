import { isIP } from 'node:net';
import { request } from 'undici';
import type { Finding } from '../../finding.ts';
import type { MatrixConfig } from '../config.ts';
import { isObject, type Json, part, textOf } from '../event.ts';
import { noAnswer } from '../wire/client.ts';

const askMs = 8000;
/** The header has whole seconds, and there is a way back. */
const skewMs = 4000;

interface Answer {
  readonly status: number;
  /** Empty if it was no JSON object. */
  readonly body: Json;
  readonly date: number;
}

async function get(url: string): Promise<Answer | string> {
  try {
    const answer = await request(url, { signal: AbortSignal.timeout(askMs) });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: parsed(text), date: Date.parse(String(answer.headers.date ?? '')) };
  } catch (error) {
    return noAnswer(error).text;
  }
}

function parsed(text: string): Json {
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? body : {};
  } catch {
    return {};
  }
}

const base = ({ homeserver }: MatrixConfig): string => homeserver.replace(/\/+$/, '');

/** Whether a homeserver is there, which one, and how late it is there. A fault comes alone. */
export async function* aboutHomeserver(config: MatrixConfig): AsyncGenerator<Finding> {
  const { homeserver } = config;
  const answer = await get(`${base(config)}/_matrix/client/versions`);
  if (typeof answer === 'string') {
    return yield {
      code: 'homeserver-unreachable',
      verdict: 'fault',
      evidence: `nothing answers at ${homeserver} (${answer})`,
      fix: 'start the homeserver, or correct homeserver. Synapse: listeners in homeserver.yaml say port and bind_addresses; in a container, localhost is the container itself',
    };
  }
  const { versions } = answer.body;
  if (answer.status >= 500) {
    return yield {
      code: 'homeserver-unreachable',
      verdict: 'fault',
      evidence: `${homeserver} answers HTTP ${answer.status}`,
      fix: 'a proxy answers for a homeserver that is away: start it, or correct the proxy',
    };
  }
  if (!Array.isArray(versions)) {
    return yield {
      code: 'homeserver-none',
      verdict: 'fault',
      evidence: `what answers at ${homeserver} is no homeserver (HTTP ${answer.status} to /_matrix/client/versions)`,
      fix: 'correct homeserver: it is the address of the client API. Synapse: the listener with the resource client; a proxy must pass /_matrix on',
    };
  }
  const software = await softwareOf(config);
  yield {
    code: 'homeserver',
    verdict: 'ok',
    evidence: `${homeserver} answers${software ? `: ${software}` : ''}, Matrix ${versions.at(-1)}`,
  };
  yield clock(answer.date);
}

async function softwareOf(config: MatrixConfig): Promise<string | undefined> {
  const answer = await get(`${base(config)}/_matrix/federation/v1/version`);
  if (typeof answer === 'string') return undefined;
  const server = part(answer.body, 'server');
  return [textOf(server, 'name'), textOf(server, 'version')].filter(Boolean).join(' ') || undefined;
}

function clock(there: number): Finding {
  if (Number.isNaN(there))
    return { code: 'homeserver-clock', verdict: 'skipped', evidence: 'the homeserver does not tell its time' };
  const skew = there - Date.now();
  if (Math.abs(skew) < skewMs) return { code: 'homeserver-clock', verdict: 'ok', evidence: 'its clock agrees with ours' };
  return {
    code: 'homeserver-clock',
    verdict: 'warning',
    evidence: `its clock is ${Math.round(Math.abs(skew) / 1000)} s ${skew < 0 ? 'behind' : 'ahead of'} ours`,
    fix: 'let both machines set their clocks by NTP: the times of lines would be wrong on the other side',
  };
}

/** Names that are nobody's on the Internet (RFC 2606, RFC 6761, RFC 6762 and what people use besides). */
const privateName = /(^|\.)(localhost|local|internal|lan|home|test|example|invalid|localdomain)$/;

/** Whether others find the homeserver by its name (Server-Server API, "Server discovery"). Undefined: the name is for here only. */
export async function nameKnown({ domain }: MatrixConfig): Promise<Finding | undefined> {
  const host = domain.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (isIP(host) || !host.includes('.') || privateName.test(host)) return undefined;
  const answer = await get(`https://${domain}/.well-known/matrix/server`);
  if (typeof answer !== 'string' && answer.status === 200 && textOf(answer.body, 'm.server') !== undefined) {
    return { code: 'homeserver-well-known', verdict: 'ok', evidence: `${domain} says where its homeserver is` };
  }
  const seen = typeof answer === 'string' ? answer : `HTTP ${answer.status}`;
  return {
    code: 'homeserver-well-known',
    verdict: 'warning',
    evidence: `https://${domain}/.well-known/matrix/server cannot be read from here (${seen})`,
    fix: 'only if the homeserver is to federate, and does not answer on port 8448 of that name: serve that file, or a SRV record _matrix-fed._tcp',
  };
}
