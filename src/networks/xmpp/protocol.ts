import type { Address } from '../../cpim/address.ts';
import type { Host, Network, Protocol, Snippet } from '../network.ts';
import { check } from './check/check.ts';
import { config, type XmppConfig } from './config.ts';
import { bare, parse } from './jid.ts';
import { uriOf } from './muc/facts.ts';
import { XmppNetwork } from './network.ts';

export const xmpp: Protocol<XmppConfig> = {
  name: 'xmpp',
  config,

  /** `room@conference.example.org`, also as `xmpp:room@conference.example.org?join` (RFC 5122). */
  parse(text: string): Address | undefined {
    const uri = /^xmpp:([^?#/][^?#]*)(?:[?#].*)?$/i.exec(text.trim());
    const jid = parse(uri?.[1] === undefined ? text.trim() : decoded(uri[1]));
    if (jid?.local === undefined || jid.resource !== undefined) return undefined;
    const native = bare(jid);
    return { uri: uriOf(native), native };
  },

  snippets({ domain, secret, service }: XmppConfig): Snippet[] {
    const quoted = (value: string): string => JSON.stringify(value);
    const port = Number(/:(\d+)$/.exec(service)?.[1] ?? 5347);
    const prosody = `Component ${quoted(domain)}\n  component_secret = ${quoted(secret)}\n  component_conflict_resolve = "kick_old"\n`;
    const ejabberd = `  -\n    port: ${port}\n    ip: "127.0.0.1"\n    module: ejabberd_service\n    global_routes: false\n    hosts:\n      ${quoted(domain)}:\n        password: ${quoted(secret)}\n`;
    return [
      {
        file: 'prosody.cfg.lua',
        where: 'Prosody: at the end of prosody.cfg.lua, or as /etc/prosody/conf.d/rialto.cfg.lua',
        text: prosody,
      },
      { file: 'ejabberd.yml', where: 'or ejabberd: into the list under listen: in ejabberd.yml', text: ejabberd },
    ];
  },

  check,

  connect(chosen: XmppConfig, host: Host): Network {
    return new XmppNetwork(chosen, host);
  },
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
