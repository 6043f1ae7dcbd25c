import type { Party } from '../envelope.ts';
import { type Draft, format, type Header, type Message } from '../message/message.ts';
import { imdnNs } from '../message/namespaces.ts';
import { parseParty } from '../message/party.ts';
import { again } from '../message/wrap.ts';
import { isSameMailbox } from '../uri.ts';
import { formatImdn, parseImdn } from './imdn.ts';

/** A disposition notification on its way back to whoever asked for it. */
export interface Relayed {
  /** The URI that it goes to. */
  readonly to: string;
  readonly object: Buffer;
}

export interface Relay {
  /** Our own `im:` URI, as we wrote it into IMDN-Record-Route. */
  readonly self: string;
  /** The list by which the message went out, where its members are not to be known (RFC 5438 §8). */
  readonly undisclosed?: Party;
}

/**
 * Our entry is taken off the top of its route; it goes to the next one, or to its To (RFC 5438 §8). Undefined if it has neither.
 * Throws a CpimError for a document that is none.
 */
export function relayImdn(message: Message, { self, undisclosed }: Relay): Relayed | undefined {
  const route = message.headers.filter(isRoute);
  const [top] = route;
  const isOurs = top !== undefined && isSameMailbox(uriIn(top) ?? '', self, 'im');
  const [next] = isOurs ? route.slice(1) : route;
  const to = next ? uriIn(next) : message.headers.find(({ name, ns }) => name === 'To' && ns === undefined)?.address?.uri;
  if (to === undefined) return undefined;
  const kept = isOurs ? message.headers.filter((header) => header !== top) : message.headers;
  const drafts = kept.map((header) => (undisclosed ? hidden(header, undisclosed) : again(header)));
  const body = undisclosed ? withoutRecipient(message.body) : message.body;
  return { to, object: format(drafts, message.mime, body) };
}

function isRoute({ name, ns }: Header): boolean {
  return name === 'IMDN-Route' && ns === imdnNs;
}

function uriIn({ value }: Header): string | undefined {
  return parseParty(value)?.uri;
}

/** His address stands there, too: the notification is from the list. */
function hidden(header: Header, list: Party): Draft {
  return header.name === 'From' && header.ns === undefined ? { name: 'From', address: list } : again(header);
}

function withoutRecipient(document: Buffer): string {
  const { recipientUri: _, originalRecipientUri: __, subject: ___, ...rest } = parseImdn(document.toString('utf8'));
  return formatImdn(rest);
}
