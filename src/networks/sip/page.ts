import { CpimError } from '../../cpim/error.ts';
import { unescapeHeader } from '../../cpim/message/escape.ts';
import { type Draft, format, type Message, parse } from '../../cpim/message/message.ts';
import { type MimeHeader, mediaTypeOf, mimeValue } from '../../cpim/message/mime.ts';
import { formatSides, parseSides, sideNs } from '../../cpim/message/sides.ts';
import { type Reason, reason } from '../../cpim/reasons.ts';
import { parseMailbox, uriOf, type Who } from '../../cpim/uri.ts';
import { headerOf, parseNameAddr, type SipHeader, type SipRequest } from './message.ts';
import { formatSipUri, parseSipUri } from './uri.ts';

const mostOctets = 1300;

/**
 * Message/CPIM as a MESSAGE request (RFC 3428, RFC 7572 §4). Via, CSeq, tags and, where the message names no thread, the Call-ID are
 * those of the transaction and not here. It has no Contact (RFC 3428 §4). Throws a CpimError for addresses without a SIP form.
 */
export function cpimToRequest(cpim: Buffer): SipRequest {
  const message = parse(cpim, 'lenient');
  const { fromDevice, toDevice, thread } = parseSides(message);
  const to = formatSipUri(whoIn(message, 'To', toDevice));
  const headers: SipHeader[] = [
    ['Max-Forwards', '70'],
    ['From', `<${formatSipUri(whoIn(message, 'From', fromDevice))}>`],
    ['To', `<${to}>`],
    ...optional('Call-ID', thread !== undefined && callId.test(thread) ? thread : undefined),
    ...optional('Subject', subjectOf(message)),
    ...optional('Content-Language', mimeValue(message.mime, 'Content-Language')),
    ['Content-Type', mimeValue(message.mime, 'Content-Type') ?? 'text/plain'],
  ];
  return { method: 'MESSAGE', uri: to, headers, body: message.body };
}

// RFC 3261 §25.1: word [ "@" word ].
const callIdWord = '[A-Za-z0-9\\-.!%*_+`\'~()<>:\\\\"/[\\]?{}]+';
const callId = new RegExp(`^${callIdWord}(?:@${callIdWord})?$`);

function whoIn({ headers }: Message, name: 'From' | 'To', device: string | undefined): Who {
  const header = headers.find((one) => one.ns === undefined && one.name === name);
  if (!header?.address) throw new CpimError('malformed', `no ${name}`, 0);
  return { ...parseMailbox(header.address.uri), ...(device !== undefined && { device }) };
}

/** SIP has one, on one line. */
function subjectOf({ headers }: Message): string | undefined {
  const subject = headers.find((one) => one.ns === undefined && one.name === 'Subject');
  return subject && unescapeHeader(subject.value).replace(/[\s\p{Cc}]+/gu, ' ');
}

function optional(name: string, value: string | undefined): SipHeader[] {
  return value === undefined || value === '' ? [] : [[name, value]];
}

/** RFC 3428 §8, RFC 7572 §6: no larger outside a session. Undefined if the request, as it will go out, is not. */
export function tooLarge(written: Buffer): Reason | undefined {
  return written.length > mostOctets ? reason('too-large', `The message has more than ${mostOctets} octets`) : undefined;
}

/**
 * A MESSAGE request as Message/CPIM (RFC 7572 §5). Addresses are those of the transport. Throws a CpimError: `refused` if a `sips:`
 * address is asked for (RFC 7247 §8), `unsupported` for another method or type, an encoding, or a Require.
 */
export function requestToCpim(request: SipRequest): Buffer {
  if (request.method !== 'MESSAGE') throw new CpimError('unsupported', 'not a MESSAGE', 0);
  if (headerOf(request, 'Require') !== undefined) throw new CpimError('unsupported', 'an extension is required', 0);
  parseSipUri(request.uri);
  const from = parseSipUri(parseNameAddr(headerOf(request, 'From') ?? '').uri);
  const to = parseSipUri(parseNameAddr(headerOf(request, 'To') ?? '').uri);
  const { headers, mime, body } = saidIn(request);
  const head: Draft[] = [
    { name: 'From', address: { uri: uriOf(from, 'im', 'extended') } },
    { name: 'To', address: { uri: uriOf(to, 'im', 'extended') } },
    ...formatSides({ fromDevice: from.device, toDevice: to.device, thread: headerOf(request, 'Call-ID') }),
  ];
  return format([...head, ...headers], mime, body);
}

interface Said {
  readonly headers: readonly Draft[];
  readonly mime: readonly MimeHeader[];
  readonly body: Buffer;
}

function saidIn(request: SipRequest): Said {
  const type = headerOf(request, 'Content-Type') ?? 'text/plain';
  const encoding = headerOf(request, 'Content-Encoding')?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity') throw new CpimError('unsupported', 'an encoding that is not known', 0);
  if (mediaTypeOf(type) === 'message/cpim') return unwrapped(request.body);
  if (mediaTypeOf(type) !== 'text/plain') throw new CpimError('unsupported', 'not plain text', 0);
  // RFC 3261 §20.15: text without a charset is UTF-8 here, which MIME would take for US-ASCII.
  const mime: MimeHeader[] = [['Content-Type', /;[ \t]*charset[ \t]*=/i.test(type) ? type : `${type}; charset=utf-8`]];
  const lang = headerOf(request, 'Content-Language')?.split(',')[0]?.trim();
  if (lang) mime.push(['Content-Language', lang]);
  return { headers: [{ name: 'Subject', text: headerOf(request, 'Subject') ?? '' }], mime, body: request.body };
}

/** What was wrapped (RFC 3428 §4), all but who speaks to whom: anybody can write any name there. */
function unwrapped(body: Buffer): Said {
  const inner = parse(body, 'lenient');
  const headers = inner.headers.filter(({ ns, name }) => ns !== sideNs && (ns !== undefined || !/^(?:From|To)$/.test(name)));
  return { ...inner, headers };
}
