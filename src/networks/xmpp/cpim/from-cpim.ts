import xml from '@xmpp/xml';
import { CpimError } from '../../../cpim/error.ts';
import { unescapeHeader } from '../../../cpim/message/escape.ts';
import { type Header, type Message, parse } from '../../../cpim/message/message.ts';
import { mimeValue } from '../../../cpim/message/mime.ts';
import { coreNs, imdnNs } from '../../../cpim/message/namespaces.ts';
import { parseSides, type Sides } from '../../../cpim/message/sides.ts';
import { textOf } from '../../../cpim/message/text.ts';
import type { Profile } from '../../../cpim/profile.ts';
import { parseMailbox } from '../../../cpim/uri.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import { jidOf } from './address.ts';

interface Inward {
  readonly profile: Profile;
  /** What a Require may name besides the core headers, as `{namespace}name`. */
  readonly understood?: readonly string[];
}

/**
 * Message/CPIM as a message stanza without a type (RFC 3922 §4.2). Throws a CpimError: `unsupported` for a Require that is not
 * understood and for anything but text, `malformed` for what cannot be read or has no addresses.
 */
export function messageFromCpim(cpim: Buffer | string, { profile, understood = [] }: Inward): El {
  const message = parse(cpim, 'lenient');
  checkRequired(message, understood);
  const isExtended = profile === 'extended';
  const sides = isExtended ? parseSides(message) : {};
  const text = textOf(message, profile);
  return xml(
    'message',
    {
      xmlns: ns.client,
      from: partOf(message, 'From', sides.fromDevice),
      to: partOf(message, 'To'),
      id: idOf(message, isExtended),
      'xml:lang': isExtended ? mimeValue(message.mime, 'Content-Language')?.split(',')[0]?.trim() : undefined,
    },
    ...core(message, 'Subject').map(subject),
    ...thread(sides),
    xml('body', {}, lines(text)),
    ...(isExtended ? wanted(message) : []),
  );
}

/** Of the core namespace; names have case. */
function core({ headers }: Message, name: string): Header[] {
  return headers.filter((header) => header.ns === undefined && header.name === name);
}

const coreNames = ['From', 'To', 'cc', 'DateTime', 'Subject', 'NS', 'Require'].map((name) => `{${coreNs}}${name}`);

/** R3922-4.2.7-1, RFC 3862 §3.5: whoever wrote it gets an error, and nobody half of it. */
function checkRequired(message: Message, understood: readonly string[]): void {
  const known = new Set([...coreNames, ...understood]);
  const missing = core(message, 'Require').flatMap(({ features = [] }) => features.filter((feature) => !known.has(feature)));
  if (missing.length > 0) throw new CpimError('unsupported', 'it requires a feature that is not understood', 0);
}

/** The first of several: each of the others gets a stanza of his own. The recipient's client is never appended. */
function partOf(message: Message, name: 'From' | 'To', device?: string): string {
  const [header, ...more] = core(message, name);
  if (!header?.address || (name === 'From' && more.length > 0)) throw new CpimError('malformed', `no ${name}, or two`, 0);
  return jidOf({ ...parseMailbox(header.address.uri), ...(device !== undefined && { device }) });
}

function idOf(message: Message, isExtended: boolean): string | undefined {
  const [, contentId] = /^<([^<>]+)>$/.exec(mimeValue(message.mime, 'Content-ID') ?? '') ?? [];
  return contentId ?? (isExtended ? imdn(message, 'Message-ID') : undefined);
}

function imdn({ headers }: Message, name: string): string | undefined {
  const header = headers.find((one) => one.ns === imdnNs && one.name === name);
  return header && unescapeHeader(header.value);
}

function subject({ value, lang }: Header): El {
  return xml('subject', { 'xml:lang': lang }, lines(unescapeHeader(value)));
}

function thread({ thread: id, parent }: Sides): El[] {
  return id === undefined ? [] : [xml('thread', { parent }, id)];
}

/** What asks for a notification becomes what XMPP asks with. Other kinds of notification are not known there. */
function wanted(message: Message): El[] {
  const kinds = (imdn(message, 'Disposition-Notification') ?? '').split(',').map((kind) => kind.trim());
  return [
    ...(kinds.includes('positive-delivery') ? [xml('request', { xmlns: ns.receipts })] : []),
    ...(kinds.includes('display') ? [xml('markable', { xmlns: ns.chatmarkers })] : []),
  ];
}

/** The line ends of XML (XML 1.0 §2.11). */
function lines(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}
