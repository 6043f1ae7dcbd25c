import type { Finding } from '../../finding.ts';
import { ask } from '../wire/alone.ts';
import { second } from './component.ts';
import type { Stream } from './stream.ts';

const pings = 24;
const pingMs = 2500;

/**
 * Whether what is sent to our domain comes to us, and to us alone. A server that shares a domain out to several connections lets
 * each of these come back with even odds: with 24, none of two owners is missed.
 */
export async function ownership(stream: Stream): Promise<Finding> {
  const { domain } = stream;
  let lost = await lostOf(stream);
  // COMPAT(ejabberd): a connection that has just ended, such as that of a check before this one, still has its part for a moment.
  if (lost > 0 && lost < pings) lost = await lostOf(stream);
  if (lost === 0) {
    return { code: 'component-route', verdict: 'ok', evidence: `${pings} of ${pings} stanzas to ${domain} came to us` };
  }
  if (lost < pings)
    return second(
      domain,
      `only ${pings - lost} of ${pings} stanzas to ${domain} came to us: another program has the domain, too`,
    );
  return {
    code: 'component-route',
    verdict: 'fault',
    evidence: `the server takes our stanzas to ${domain}, and none of them comes to us`,
    fix: `let the server route ${domain} to the component. Prosody: no VirtualHost of this name; ejabberd: not in the list hosts at the top of ejabberd.yml`,
  };
}

async function lostOf(stream: Stream): Promise<number> {
  const way = { from: stream.domain, to: stream.domain };
  const back = await Promise.all(Array.from({ length: pings }, () => ask(stream, way, pingMs)));
  return back.filter((one) => one !== 'returned').length;
}

/**
 * COMPAT(ejabberd): with `global_routes`, its default, each connection of a listener is given what goes to every host in the
 * listener's list. So we ask those whom the server shows beside us, and see whether it is we who are asked.
 */
export async function foreignRoutes(stream: Stream, neighbours: readonly string[]): Promise<Finding | undefined> {
  const asked = neighbours.filter((one) => one !== stream.domain).slice(0, 20);
  // More than once: a stanza for a domain of two owners comes to either.
  const answers = await Promise.all(
    asked.map(async (to) => {
      const some = await Promise.all([0, 1, 2, 3, 4, 5].map(() => ask(stream, { from: stream.domain, to }, pingMs)));
      return some.includes('returned') ? to : undefined;
    }),
  );
  const ours = answers.filter((one) => one !== undefined);
  if (ours.length === 0) return undefined;
  return {
    code: 'component-foreign-routes',
    verdict: 'fault',
    evidence: `we are given stanzas that are for ${ours.join(', ')}: those who live there do not get them`,
    fix: 'ejabberd: set global_routes: false in the listener with module: ejabberd_service, and restart it',
  };
}
