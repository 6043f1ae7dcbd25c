import { randomUUID } from 'node:crypto';
import type { Finding } from '../../finding.ts';
import type { HttpAnswer, HttpPort, HttpRequest } from '../../http-port.ts';
import type { CheckContext } from '../../network.ts';
import type { MatrixConfig } from '../config.ts';
import type { Client, Fault, Reply } from '../wire/client.ts';

const api = '/_matrix/app/v1';
const pingMs = 15_000;

/** What came to us while the homeserver was asked to come. */
interface Visits {
  pings: number;
  /** With another token than the hs_token. */
  wrongToken: number;
}

/** The homeserver's way to us (Application Service API, "Pinging"). It has not been asked for anything before. */
export async function aboutPing(config: MatrixConfig, client: Client, context: CheckContext): Promise<Finding> {
  const { http, running, url } = context;
  if (!http && !running) {
    return {
      code: 'ping',
      verdict: 'skipped',
      evidence: 'our HTTP port cannot be opened, so the homeserver cannot be asked to come',
    };
  }
  const visits = http ? receive(config, context.network, http) : undefined;
  const path = `/_matrix/client/v1/appservice/${encodeURIComponent(config.id)}/ping`;
  let reply = await client.call('POST', path, { body: { transaction_id: randomUUID() }, ms: pingMs });
  // COMPAT(synapse): it first tries its old connections to this address, to processes that are no more.
  for (let n = 0; n < 4 && isStale(reply); n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    reply = await client.call('POST', path, { body: { transaction_id: randomUUID() }, ms: pingMs });
  }
  if (reply.kind === 'fault') return notReached(reply, config, { url, visits });
  if (visits?.pings === 0) return elsewhere(url, 'something else answers there, as we would');
  return { code: 'ping', verdict: 'ok', evidence: 'the homeserver reaches us, and shows our hs_token' };
}

function isStale(reply: Reply): boolean {
  return reply.kind === 'fault' && reply.errcode === 'M_CONNECTION_FAILED' && !/refused/i.test(reply.text);
}

/**
 * Answers pings while the service is stopped. Whatever else the homeserver brings it keeps, and brings again: nothing is taken
 * that is not stored.
 */
function receive(config: MatrixConfig, network: string, http: HttpPort): Visits {
  const visits: Visits = { pings: 0, wrongToken: 0 };
  const notNow: HttpAnswer = { status: 503, body: { errcode: 'M_UNAVAILABLE', error: 'the bridge is stopped' } };
  const ping = async (request: HttpRequest): Promise<HttpAnswer> => {
    visits.pings += 1;
    if (tokenOf(request) === config.hsToken) return { status: 200, body: {} };
    visits.wrongToken += 1;
    return { status: 403, body: { errcode: 'M_FORBIDDEN', error: 'this is not the hs_token of this application service' } };
  };
  for (const base of [api, `/${network}${api}`]) {
    http.route('POST', `${base}/ping`, ping);
    http.route('PUT', `${base}/transactions/:txn`, async () => notNow);
  }
  return visits;
}

function tokenOf({ headers, query }: HttpRequest): string | undefined {
  const header = headers.authorization;
  return /^Bearer (.+)$/.exec(typeof header === 'string' ? header : '')?.[1] ?? query.access_token;
}

interface Seen {
  readonly url: string;
  readonly visits: Visits | undefined;
}

function notReached(fault: Fault, config: MatrixConfig, { url, visits }: Seen): Finding {
  switch (fault.errcode) {
    case 'M_UNRECOGNIZED':
      return { code: 'ping', verdict: 'skipped', evidence: 'the homeserver cannot be asked to come (it knows no ping)' };
    case 'M_URL_NOT_SET':
      return urlFault('registration-url', 'the registration has no url: nothing is sent to us', url);
    case 'M_CONNECTION_FAILED':
    case 'M_CONNECTION_TIMEOUT':
      return urlFault(
        'registration-url',
        `the homeserver does not reach us at the url of the registration: ${short(fault.text)}`,
        url,
      );
    case 'M_BAD_STATUS':
      return badStatus(fault, { url, visits });
    case 'M_FORBIDDEN':
      return {
        code: 'registration-id',
        verdict: 'fault',
        evidence: `our as_token is of a registration with another id than "${config.id}"`,
        fix: 'set id to the id of the registration, or write that anew with "rialto snippets" and restart the homeserver',
      };
    default:
      return {
        code: 'ping',
        verdict: 'warning',
        evidence: `the homeserver would not come: ${fault.status} ${fault.errcode} ${short(fault.text)}`,
      };
  }
}

function badStatus({ text }: Fault, { url, visits }: Seen): Finding {
  const wasUs = visits ? visits.wrongToken > 0 : /\b40[13]\b/.test(text);
  if (!wasUs) return elsewhere(url, short(text));
  return {
    code: 'hs-token',
    verdict: 'fault',
    evidence: 'the homeserver comes to us with another hs_token than ours: all that it brings is refused',
    fix: 'hsToken and hs_token of the registration must be the same: write it anew with "rialto snippets", and restart the homeserver. Synapse: the file in app_service_config_files',
  };
}

function elsewhere(url: string, seen: string): Finding {
  return urlFault('registration-url', `at the url of the registration it is not us who answers: ${seen}`, url);
}

function urlFault(code: string, evidence: string, url: string): Finding {
  return {
    code,
    verdict: 'fault',
    evidence,
    fix: `set url of the registration to where the homeserver finds us, such as ${url}, and restart the homeserver; in a container, localhost is the container itself; http.url says what "rialto snippets" writes`,
  };
}

function short(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 140);
}
