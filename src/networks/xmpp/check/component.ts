import type { Finding } from '../../finding.ts';
import type { XmppConfig } from '../config.ts';
import { notAlone } from '../wire/alone.ts';
import type { Greeting } from './greeting.ts';
import type { Ended } from './probe.ts';

const mend = (domain: string, secret = 'the secret of the configuration'): string =>
  `Prosody: Component "${domain}" with component_secret = ${secret}; ejabberd: under hosts of the ejabberd_service listener, "${domain}" with password: ${secret}`;

/** Why the server did not take us. */
export function notTaken({ service, domain }: XmppConfig, { why, condition }: Ended): Finding {
  switch (condition) {
    case 'host-unknown':
      return {
        code: 'component-unknown',
        verdict: 'fault',
        evidence: `the server at ${service} has no component "${domain}"`,
        fix: `correct domain, or make the component, and restart the server. ${mend(domain)}`,
      };
    case 'not-authorized':
      return {
        code: 'component-secret',
        verdict: 'fault',
        // COMPAT(ejabberd): it says so of a domain that it does not know, too.
        evidence: `the server at ${service} refuses our secret for "${domain}" (ejabberd: or it does not know that domain)`,
        fix: `give both sides the same domain and secret. ${mend(domain)}`,
      };
    case 'conflict':
      return second(domain, 'another program is connected as this component, and the server keeps that one');
    default:
      if (why.text === notAlone.text) return second(domain, notAlone.text ?? '');
      return condition === undefined ? unreachable(service, why.text ?? why.code) : refused(service, condition);
  }
}

/** What the first words tell; undefined: it is a port for components. */
export function notGreeted({ service }: XmppConfig, heard: Greeting): Finding | undefined {
  if (heard.kind === 'component') return undefined;
  return heard.kind === 'closed' ? unreachable(service, heard.why) : wrongPort(service, heard.what);
}

function unreachable(service: string, why: string): Finding {
  return {
    code: 'component-unreachable',
    verdict: 'fault',
    evidence: `nothing takes connections at ${service} (${why})`,
    fix: 'start the server, or correct host and port in service. Prosody: component_ports and component_interfaces; ejabberd: the listener with module: ejabberd_service',
  };
}

function wrongPort(service: string, why: string): Finding {
  return {
    code: 'component-port',
    verdict: 'fault',
    evidence: `something listens at ${service}, but it takes no components: ${why}`,
    fix: 'use the port for components, not that for clients or servers. Prosody: component_ports (5347); ejabberd: port of the listener with module: ejabberd_service',
  };
}

function refused(service: string, condition: string): Finding {
  return {
    code: 'component-refused',
    verdict: 'fault',
    evidence: `the server at ${service} closed the stream: ${condition}`,
    fix: 'the log of the server says more. Prosody: prosody.log; ejabberd: ejabberd.log',
  };
}

/** Somebody else has the domain, too. */
export function second(domain: string, evidence: string): Finding {
  return {
    code: 'component-second-owner',
    verdict: 'fault',
    evidence,
    fix: `end the other program that uses "${domain}", or give Rialto a component of its own, on ejabberd with global_routes: false. ${mend(domain, 'a new secret')}`,
  };
}
