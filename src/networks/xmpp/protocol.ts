import type { Address } from '../../cpim/address.ts';
import type { Snippet } from '../finding.ts';
import type { Host, Network, Protocol } from '../network.ts';
import { check } from './check/check.ts';
import { config, type XmppConfig } from './config.ts';
import { bare, parse } from './jid.ts';
import { uriOf } from './muc/facts.ts';
import { XmppNetwork } from './network.ts';
import { snippetsFor } from './snippets.ts';

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

  snippets(chosen: XmppConfig): Snippet[] {
    return snippetsFor(chosen);
  },

  check,

  metrics: [
    {
      name: 'rialto_xmpp_stanzas_total',
      help: 'Stanzas on the component stream; skipped: copies for ghosts of what the listener hears, never parsed',
      labels: ['direction', 'stanza'],
    },
  ],

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
