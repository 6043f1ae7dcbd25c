import type { Header, Message } from '../message/message.ts';
import { imdnNs } from '../message/namespaces.ts';
import { parseParty } from '../message/party.ts';
import { isNotification } from './class.ts';
import { formatImdn, type ImdnType } from './imdn.ts';

/** What happened to a message that was received or passed on. */
export type DispositionEvent = 'delivered' | 'failed' | 'displayed' | 'processed' | 'stored';

/** Who says so: where the message ends, or somebody on its way. */
export type DispositionRole = 'recipient' | 'intermediary';

export interface ImdnResponse {
  /** The URI it is sent to: the first of the route, else the sender of the message. */
  readonly to: string;
  /** Values of the IMDN-Route headers, in order. */
  readonly route: readonly string[];
  /** The document. */
  readonly imdn: string;
}

interface Rule {
  readonly asked: string;
  readonly type: ImdnType;
  readonly by: readonly DispositionRole[];
}

// RFC 5438 §7.2.1, §8.1, §12.2: a recipient sends no processing notification, an intermediary none of delivery for a success further
// on; that of a failure both.
const rules: Readonly<Record<DispositionEvent, Rule>> = {
  delivered: { asked: 'positive-delivery', type: 'delivery', by: ['recipient'] },
  failed: { asked: 'negative-delivery', type: 'delivery', by: ['recipient', 'intermediary'] },
  displayed: { asked: 'display', type: 'display', by: ['recipient'] },
  processed: { asked: 'processing', type: 'processing', by: ['intermediary'] },
  stored: { asked: 'processing', type: 'processing', by: ['intermediary'] },
};

export function typeOf(event: DispositionEvent): ImdnType {
  return rules[event].type;
}

/**
 * The notification that a message asked for; undefined if none is to be sent: it was not asked for, it is not ours to send, or the
 * message is a notification itself (§7.2.1.1).
 */
export function respond(message: Message, event: DispositionEvent, role: DispositionRole): ImdnResponse | undefined {
  const { asked, type, by } = rules[event];
  if (!by.includes(role) || !requests(message).includes(asked) || isNotification(message)) return undefined;
  const messageId = headerValue(message, 'Message-ID', imdnNs);
  const datetime = headerValue(message, 'DateTime');
  const route = message.headers.filter((header) => isNamed(header, 'IMDN-Record-Route', imdnNs)).map(({ value }) => value);
  const to = route[0] === undefined ? uriOf(message, 'From') : parseParty(route[0])?.uri;
  if (messageId === undefined || datetime === undefined || to === undefined) return undefined;
  const recipientUri = uriOf(message, 'To');
  const originalRecipientUri = originalTo(message) ?? recipientUri;
  const uris = recipientUri !== undefined && originalRecipientUri !== undefined && { recipientUri, originalRecipientUri };
  return { to, route, imdn: formatImdn({ messageId, datetime, ...uris, type, status: event }) };
}

function isNamed(header: Header, name: string, ns?: string): boolean {
  return header.name === name && header.ns === ns;
}

function headerValue({ headers }: Message, name: string, ns?: string): string | undefined {
  return headers.find((header) => isNamed(header, name, ns))?.value;
}

function uriOf({ headers }: Message, name: 'From' | 'To'): string | undefined {
  return headers.find((header) => isNamed(header, name))?.address?.uri;
}

/** §6.4: who it was for before the To header was changed. */
function originalTo(message: Message): string | undefined {
  const value = headerValue(message, 'Original-To', imdnNs);
  return value === undefined ? undefined : parseParty(value)?.uri;
}

/** §6.2: tokens, which may have parameters. */
function requests({ headers }: Message): string[] {
  const values = headers.filter((header) => isNamed(header, 'Disposition-Notification', imdnNs));
  return values.flatMap(({ value }) => value.split(',').map((one) => one.replace(/;.*/, '').trim()));
}
