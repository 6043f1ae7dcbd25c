import type { Finding } from '../../finding.ts';
import { botId, type MatrixConfig } from '../config.ts';
import { isObject, textOf } from '../event.ts';
import { type Client, type Fault, isOutage, type Reply } from '../wire/client.ts';

const whoami = '/_matrix/client/v3/account/whoami';
/** COMPAT(synapse): its limit of this request is 10 at once and 5 a second, and cannot be configured away. */
const burst = 24;

const place = 'Synapse: the file in app_service_config_files';
const renew = `write it anew with "rialto snippets", give it to the homeserver and restart that. ${place}`;

/** Whether the homeserver knows our registration, and whether it is the one we would write. A fault comes last. */
export async function* aboutRegistration(config: MatrixConfig, client: Client): AsyncGenerator<Finding> {
  const me = await client.call('GET', whoami);
  const unknown = await notKnown(config, client, me);
  if (unknown) return yield unknown;
  yield { code: 'registration', verdict: 'ok', evidence: `the homeserver knows our as_token, as ${botId(config)}` };
  yield await ghosts(config, client);
  const wide = await others(config, client);
  if (wide) yield wide;
  yield await exclusive(config, client);
  yield await limits(config, client);
}

/** Why we are not who we should be; undefined: we are. */
async function notKnown(config: MatrixConfig, client: Client, me: Reply): Promise<Finding | undefined> {
  if (me.kind === 'fault') return me.status === 401 ? unknownToken(config, client) : odd(me);
  const who = textOf(me.body, 'user_id') ?? '';
  const [, localpart = '', domain = ''] = /^@([^:]*):(.*)$/.exec(who) ?? [];
  if (domain !== config.domain) {
    return {
      code: 'server-name',
      verdict: 'fault',
      evidence: `the homeserver calls itself ${domain}, the configuration says ${config.domain}`,
      fix: `set domain to ${domain}. Synapse: server_name in homeserver.yaml, which never changes once there are users`,
    };
  }
  if (localpart === config.bot) return undefined;
  return {
    code: 'registration-bot',
    verdict: 'fault',
    evidence: `the homeserver knows us as ${who}, the configuration says ${botId(config)}`,
    fix: `set bot to ${localpart}, or sender_localpart of the registration to ${config.bot}: ${renew}`,
  };
}

function odd(fault: Fault): Finding {
  return {
    code: isOutage(fault) ? 'homeserver-unreachable' : 'registration-refused',
    verdict: 'fault',
    evidence: `the homeserver answers ${fault.status} ${fault.errcode} to "who am I": ${fault.text}`,
    fix: 'the log of the homeserver says more',
  };
}

/** A bot that exists was made with a token that was known; then it is the token that differs. */
async function unknownToken(config: MatrixConfig, client: Client): Promise<Finding> {
  const path = `/_matrix/client/v3/profile/${encodeURIComponent(botId(config))}`;
  const profile = await client.call('GET', path, { anonymous: true });
  if (profile.kind === 'ok') {
    return {
      code: 'as-token',
      verdict: 'fault',
      evidence: `the homeserver does not know our as_token, but the bot ${botId(config)}: the token is another one than it was`,
      fix: `asToken and as_token of the registration must be the same: ${renew}`,
    };
  }
  return {
    code: 'registration-missing',
    verdict: 'fault',
    evidence: `the homeserver knows neither our as_token nor the bot ${botId(config)}: it has no registration of us`,
    fix: `name the registration file in its configuration and restart it ("rialto snippets" writes both). ${place}`,
  };
}

/** COMPAT(synapse, dendrite): the sentence that says "not yours" is theirs; that a ghost is not there yet is no fault. */
const notOurs = /masquerade|not in (the )?(application service|appservice)|namespace/i;

function actingAs(client: Client, userId: string): Promise<Reply> {
  return client.call('GET', whoami, { query: { user_id: userId } });
}

async function ghosts(config: MatrixConfig, client: Client): Promise<Finding> {
  const ghost = `@${config.ghostPrefix}check_nobody:${config.domain}`;
  const reply = await actingAs(client, ghost);
  if (reply.kind === 'fault' && notOurs.test(reply.text)) {
    return {
      code: 'namespace',
      verdict: 'fault',
      evidence: `the registration does not give us ${ghost} and its like: ghosts cannot be made`,
      fix: `namespaces.users of the registration must cover "@${config.ghostPrefix}.*:${config.domain}": ${renew}`,
    };
  }
  return { code: 'namespace', verdict: 'ok', evidence: `@${config.ghostPrefix}…:${config.domain} are ours` };
}

async function others(config: MatrixConfig, client: Client): Promise<Finding | undefined> {
  const reply = await actingAs(client, `@somebody-else.check:${config.domain}`);
  if (reply.kind === 'fault' && reply.status === 403 && notOurs.test(reply.text)) return undefined;
  if (reply.kind === 'fault' && reply.status !== 403) return undefined;
  return {
    code: 'namespace-too-wide',
    verdict: 'warning',
    evidence: 'the registration lets us act as everybody on the homeserver, and sends us what concerns them',
    fix: `let namespaces.users cover "@${config.ghostPrefix}.*" and the bot only: ${renew}`,
  };
}

/**
 * Whether others could take the names of ghosts. COMPAT(synapse): nobody may register a name that begins with `_`; the user
 * directory leaves those out who are exclusively an application service's.
 */
async function exclusive(config: MatrixConfig, client: Client): Promise<Finding> {
  const { ghostPrefix } = config;
  const username = `${ghostPrefix}check`;
  const reply = await client.call('GET', '/_matrix/client/v3/register/available', { anonymous: true, query: { username } });
  const answer = reply.kind === 'ok' ? 'free' : reply.errcode;
  const shown = await inDirectory(ghostPrefix, client);
  if (answer === 'free' || answer === 'M_USER_IN_USE')
    return notExclusive(`anybody could register @${username}:${config.domain}`);
  if (shown !== undefined) return notExclusive(`the user directory shows ${shown}`);
  if (answer === 'M_EXCLUSIVE' || answer === 'M_INVALID_USERNAME') {
    return { code: 'namespace-exclusive', verdict: 'ok', evidence: 'nobody else can take the names of ghosts' };
  }
  const evidence = 'the homeserver does not tell whether others could take the names of ghosts (nobody can register there)';
  return { code: 'namespace-exclusive', verdict: 'skipped', evidence };
}

async function inDirectory(prefix: string, client: Client): Promise<string | undefined> {
  const body = { search_term: prefix, limit: 50 };
  const found = await client.call('POST', '/_matrix/client/v3/user_directory/search', { body });
  const results = found.kind === 'ok' && Array.isArray(found.body.results) ? found.body.results.filter(isObject) : [];
  return results.map((one) => textOf(one, 'user_id')).find((id) => id?.startsWith(`@${prefix}`));
}

function notExclusive(evidence: string): Finding {
  return {
    code: 'namespace-exclusive',
    verdict: 'warning',
    evidence: `${evidence}: the namespace is not exclusive`,
    fix: `set exclusive: true in namespaces.users of the registration: ${renew}`,
  };
}

/** A harmless request, more often in a moment than one person may. */
async function limits(config: MatrixConfig, client: Client): Promise<Finding> {
  const path = `/_matrix/client/v1/rooms/${encodeURIComponent(`!check:${config.domain}`)}/hierarchy`;
  const replies = await Promise.all(
    Array.from({ length: burst }, () => client.call('GET', path, { query: { limit: '1', max_depth: '0' } })),
  );
  const limited = replies.filter((one) => one.kind === 'fault' && one.status === 429).length;
  if (limited === 0) return { code: 'rate-limit', verdict: 'ok', evidence: `${burst} requests at once, none was slowed down` };
  return {
    code: 'rate-limit',
    verdict: 'warning',
    evidence: `the homeserver slows us down to the pace of one person (${limited} of ${burst} requests at once were refused)`,
    fix: `set rate_limited: false in the registration: ${renew}`,
  };
}
