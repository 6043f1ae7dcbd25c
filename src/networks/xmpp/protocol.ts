import { z } from 'zod';
import type { Address } from '../../cpim/address.ts';
import type { Host, Network, Protocol } from '../network.ts';
import { bare, parse } from './jid.ts';
import { uriOf } from './muc/facts.ts';
import { XmppNetwork } from './network.ts';

const config = z.strictObject({
  service: z
    .string()
    .regex(/^xmpp:\/\/[^/\s]+$/)
    .describe('Where the server listens for components (XEP-0114): xmpp://127.0.0.1:5347'),
  domain: z
    .string()
    .min(1)
    .describe(
      'The component domain, which the server must know: the people of the other networks live there, such as rialto.example.org',
    ),
  secret: z.string().min(1).describe('The secret that the server has for this component'),
  nick: z.string().min(1).max(60).default('Rialto').describe('The nick of the listener, which sits in every linked room'),
  maxStanza: z
    .int()
    .min(10_000)
    .optional()
    .describe('The largest stanza in octets, both ways, if the server allows less or more than 262144'),
});

export type XmppConfig = z.output<typeof config>;

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
