import type { Element } from '@xmpp/xml';
import { type Reason, reason } from '../../../cpim/reasons.ts';
import { acceptable, parse } from '../jid.ts';
import { serialize, Unwritable } from './serialize.ts';

export interface FilterOptions {
  /** The component's own domain, prepared. */
  readonly domain: string;
  /** Octets of one stanza. */
  readonly maxStanza: number;
}

const stanzaNames: ReadonlySet<string> = new Set(['message', 'presence', 'iq']);
// What stands for "the stream's own namespace". Prosody bounces a component's stanza that is marked jabber:client.
const streamNamespaces: ReadonlySet<string> = new Set(['jabber:client', 'jabber:server', 'jabber:component:accept']);

/**
 * The one gate to the stream: a stanza as text, or why it must not be written (XEP-0114 §3, RFC 6120 §8.1.1 and §4.9.3). A single
 * stanza from a foreign domain, or not well-formed, makes the server close the stream for everybody.
 */
export function filter(el: Element, options: FilterOptions): string | Reason {
  try {
    return check(el, options);
  } catch (error) {
    // Whatever a made-up object does in here (a getter that throws, say), send() does not throw.
    const why = error instanceof Unwritable ? error.message : 'it is not a stanza';
    return reason('malformed', `The stanza cannot be written: ${why}`);
  }
}

function check(el: Element, options: FilterOptions): string | Reason {
  if (!stanzaNames.has(el.name)) return reason('malformed', 'Only a message, a presence or an iq is a stanza');
  const { from, to, xmlns } = el.attrs;
  if (typeof from !== 'string') return reason('bad-address', 'The stanza has no from');
  if (parse(from)?.domain !== options.domain) return reason('bad-address', 'The from of the stanza is no address of ours');
  // A server compares the domain as it is written; a from that is only equal after preparation would be `invalid-from`.
  if (!writtenAt(from, options.domain)) return reason('bad-address', 'The from of the stanza is not in its prepared form');
  if (typeof to !== 'string') return reason('bad-address', 'The stanza has no to');
  if (!acceptable(to)) return reason('bad-address', 'The to of the stanza is no valid address');
  const text = serialize(xmlns === undefined || xmlns === null ? el : bareOf(el, xmlns));
  if (text.length * 3 > options.maxStanza && Buffer.byteLength(text) > options.maxStanza) {
    return reason('too-large', `The stanza has more than ${options.maxStanza} octets`);
  }
  return text;
}

function writtenAt(from: string, domain: string): boolean {
  const slash = from.indexOf('/');
  const bare = slash < 0 ? from : from.slice(0, slash);
  return bare.length === domain.length ? bare === domain : bare.endsWith(`@${domain}`);
}

/** The stanza without the declaration of the stream's namespace, which it inherits. */
function bareOf(el: Element, xmlns: string): Element {
  if (!streamNamespaces.has(xmlns)) throw new Unwritable('it is in a foreign namespace');
  const { xmlns: _, ...attrs } = el.attrs;
  return { name: el.name, attrs, children: el.children } as unknown as Element;
}
