import { isUtf8 } from 'node:buffer';
import { plain } from '../degrade/plain.ts';
import type { Edit, Envelope, Media, Membership, Opaque, Payload, Reaction, Retraction, Text } from '../envelope.ts';
import { CpimError } from '../error.ts';
import type { Message } from '../message/message.ts';
import { charsetOf, type MimeHeader, mediaTypeOf, mimeValue } from '../message/mime.ts';
import { isNotification } from '../notification/class.ts';
import type { Incoming, Outgoing } from './headers.ts';
import { oneOf } from './headers.ts';
import { strangersReaction } from './reaction.ts';
import { isMarked, readMarks, writeMarks } from './text.ts';

/** The encapsulated entity: MIME headers and content. */
type Entity = readonly [mime: readonly MimeHeader[], body: string | Buffer];

const textPlain: MimeHeader = ['Content-Type', 'text/plain; charset=utf-8'];
const textOnly: readonly MimeHeader[] = [textPlain];
// RFC 9078: an emoji line that is a reaction to the message named by In-Reply-To.
const reaction: readonly MimeHeader[] = [textPlain, ['Content-Disposition', 'reaction']];
const binary: MimeHeader = ['Content-Transfer-Encoding', 'binary'];
const tag = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/;
const mediaType = /^[!#$%&'*+\-.0-9A-Z^_`a-z|~]+\/[!#$%&'*+\-.0-9A-Z^_`a-z|~]+(?:;[ -~]*[!-~])?$/;

/** Writes what the payload needs among the message headers, and gives the entity. */
export function writePayload(envelope: Envelope, out: Outgoing): Entity {
  const { payload } = envelope;
  switch (payload.kind) {
    case 'text':
      return writeText(payload, out);
    case 'edit':
      out.target('Replaces', payload.target);
      return writeText(payload.text, out);
    case 'reaction':
      return writeReaction(payload, out, envelope);
    case 'opaque':
      return writeOpaque(payload, out);
    case 'notice':
      out.add('Message-Class', 'system');
      return [textOnly, writeLines(payload.text, out)];
    case 'retraction':
      out.target('Retracts', payload.target);
      if (payload.by !== 'author') out.add('Retracted-By', payload.by);
      if (payload.reason !== undefined) out.add('Reason', payload.reason);
      return fallback(envelope, out);
    case 'media':
      writeMedia(payload, out);
      return fallback(envelope, out);
    case 'membership':
      writeMembership(payload, out);
      return fallback(envelope, out);
    case 'invitation':
      out.add('Invitation', payload.to.uri, ...(payload.to.name === undefined ? [] : [payload.to.name]));
      if (payload.reason !== undefined) out.add('Reason', payload.reason);
      return fallback(envelope, out);
  }
}

/** For readers that do not know our headers: what they show. We read it never. */
function fallback(envelope: Envelope, out: Outgoing): Entity {
  out.add('Fallback', envelope.payload.kind);
  return [textOnly, plain(envelope).replace(/\r?\n/g, '\r\n')];
}

function writeText(payload: Text, out: Outgoing): Entity {
  const { manner, text, lang } = payload;
  if (manner !== 'plain') out.add('Message-Class', manner);
  if ((payload.spans ?? payload.mentions ?? payload.translations) !== undefined) writeMarks(payload, out);
  if (lang === undefined) return [textOnly, writeLines(text, out)];
  if (tag.test(lang)) return [[textPlain, ['Content-Language', lang]], writeLines(text, out)];
  out.add('Content-Language', lang);
  return [textOnly, writeLines(text, out)];
}

/** Lines end with CRLF (R3922-4.1-3). A text with a CR of its own is written as it is and says so. */
function writeLines(text: string, out: Outgoing): string {
  if (text.includes('\r')) {
    out.add('Line-Ends', 'exact');
    return text;
  }
  return text.includes('\n') ? text.replaceAll('\n', '\r\n') : text;
}

// With both a target and a reply to another message, the reply takes the second name.
export function replyHeader({ kind }: Payload): 'In-Reply-To' | 'Answers' {
  return kind === 'reaction' ? 'Answers' : 'In-Reply-To';
}

function writeReaction(payload: Reaction, out: Outgoing, envelope: Envelope): Entity {
  out.target('In-Reply-To', payload.target);
  out.add('Reaction-Mode', payload.mode);
  const isLine = payload.emoji.every((one) => /^[^\s\p{Cc}]+$/u.test(one));
  if (isLine && payload.mode !== 'remove') return [reaction, payload.emoji.join(' ')];
  // To a reader of RFC 9078 alone a removal would be a reaction.
  if (payload.emoji.length > 0) out.add('Reaction', ...payload.emoji);
  return fallback(envelope, out);
}

function writeOpaque(payload: Opaque, out: Outgoing): Entity {
  out.add('Opaque', payload.sort);
  out.add('Label', payload.label);
  const isType = mediaType.test(payload.mediaType);
  if (!isType) out.add('Content-Type', payload.mediaType);
  const type: MimeHeader = ['Content-Type', isType ? payload.mediaType : 'application/octet-stream'];
  return [[type, binary], Buffer.from(payload.base64, 'base64')];
}

// Not message/external-body (RFC 2046 §5.2.3): hardly any reader opens it, while all show a line with a link.
function writeMedia({ sort, name, url, mediaType, size, caption }: Media, out: Outgoing): void {
  out.add('Media', sort);
  out.add('Media-Name', name);
  if (url !== undefined) out.add('Media-URL', url);
  if (mediaType !== undefined) out.add('Media-Type', mediaType);
  if (size !== undefined) out.add('Media-Size', String(size));
  if (caption !== undefined) out.add('Media-Caption', caption);
}

function writeMembership({ change, name, cause, by, reason }: Membership, out: Outgoing): void {
  out.add('Membership', change);
  out.add('Member-Name', name);
  if (cause !== undefined) out.add('Member-Cause', cause);
  if (by !== undefined) out.add('Member-By', by);
  if (reason !== undefined) out.add('Reason', reason);
}

/**
 * The payload of an object of ours, or of a stranger's: text is text, and what we do not understand is opaque. What only tells of
 * messages is none: a CpimError, `refused`.
 */
export function readPayload(message: Message, from: Incoming): Payload {
  if (from.words('Membership')) return readMembership(from);
  if (from.words('Media')) return readMedia(from);
  if (from.words('Opaque')) return readOpaque(message, from);
  if (from.words('Reaction-Mode')) return readReaction(message, from);
  if (from.words('Retracts')) return readRetraction(from);
  const invited = from.words('Invitation');
  if (invited) {
    const [uri = '', name] = invited;
    return { kind: 'invitation', to: { uri, ...(name !== undefined && { name }) }, ...optional('reason', from.word('Reason')) };
  }
  const text = readText(message, from);
  const disposition = mimeValue(message.mime, 'Content-Disposition');
  const reacted = text === undefined || disposition !== undefined ? readDisposed(message, text) : undefined;
  if (reacted) return reacted;
  if (text === undefined) return stranger(message);
  if (from.word('Message-Class') === 'system') return { kind: 'notice', text: text.text };
  const target = from.target('Replaces');
  const edit: Edit | undefined = target && { kind: 'edit', target, text };
  return edit ?? text;
}

function readDisposed(message: Message, text: Text | undefined): Reaction | undefined {
  if (isNotification(message)) throw new CpimError('refused', 'a notification is no message', 0);
  return strangersReaction(message, text?.text);
}

function readText(message: Message, from: Incoming): Text | undefined {
  const type = mimeValue(message.mime, 'Content-Type') ?? '';
  const isOurs = type === textPlain[1];
  const isText = isOurs || (mediaTypeOf(type) === 'text/plain' && ['utf-8', 'us-ascii'].includes(charsetOf(type)));
  if (!isText || !isUtf8(message.body) || encodingOf(message) !== 'none') return undefined;
  const said = from.word('Message-Class');
  const manner = said === 'emote' || said === 'automated' ? said : 'plain';
  const lang = mimeValue(message.mime, 'Content-Language') ?? from.word('Content-Language');
  const text = readLines(message.body.toString('utf8'), from);
  const bare: Text = lang === undefined ? { kind: 'text', manner, text } : { kind: 'text', manner, text, lang };
  return isMarked(from) ? { ...bare, ...readMarks(from) } : bare;
}

function encodingOf(message: Message): 'none' | 'some' {
  const encoding = mimeValue(message.mime, 'Content-Transfer-Encoding')?.toLowerCase();
  return encoding === undefined || ['7bit', '8bit', 'binary'].includes(encoding) ? 'none' : 'some';
}

function readLines(text: string, from: Incoming): string {
  return text.includes('\r') && from.word('Line-Ends') !== 'exact' ? text.replaceAll('\r\n', '\n') : text;
}

function readReaction({ body }: Message, from: Incoming): Reaction {
  const target = from.target('In-Reply-To');
  if (!target) throw new CpimError('malformed', 'a reaction to nothing', 0);
  const line = body.toString('utf8');
  const emoji = from.words('Reaction') ?? (from.word('Fallback') === undefined && line !== '' ? line.split(' ') : []);
  return { kind: 'reaction', target, mode: from.oneOf('Reaction-Mode', 'set', 'add', 'remove'), emoji };
}

function readRetraction(from: Incoming): Retraction {
  const target = from.target('Retracts');
  if (!target) throw new CpimError('malformed', 'a retraction of nothing', 0);
  const by = from.oneOf('Retracted-By', 'author', 'moderator');
  return { kind: 'retraction', target, by, ...optional('reason', from.word('Reason')) };
}

function readOpaque({ mime, body }: Message, from: Incoming): Opaque {
  return {
    kind: 'opaque',
    sort: from.oneOf('Opaque', 'encrypted', 'signed', 'foreign'),
    mediaType: from.word('Content-Type') ?? mimeValue(mime, 'Content-Type') ?? '',
    base64: body.toString('base64'),
    label: from.need('Label'),
  };
}

function stranger({ mime, body }: Message): Opaque {
  const type = mimeValue(mime, 'Content-Type') ?? '';
  const label = `a message of the type ${mediaTypeOf(type) ?? type}`;
  return { kind: 'opaque', sort: 'foreign', mediaType: type, base64: body.toString('base64'), label };
}

function readMedia(from: Incoming): Media {
  const size = from.word('Media-Size');
  return {
    kind: 'media',
    sort: from.oneOf('Media', 'image', 'video', 'audio', 'voice', 'sticker', 'file', 'location'),
    name: from.need('Media-Name'),
    ...optional('url', from.word('Media-URL')),
    ...optional('mediaType', from.word('Media-Type')),
    ...(size !== undefined && { size: Number(size) }),
    ...optional('caption', from.word('Media-Caption')),
  };
}

function readMembership(from: Incoming): Membership {
  const cause = from.word('Member-Cause');
  return {
    kind: 'membership',
    change: from.oneOf('Membership', 'join', 'leave', 'rename'),
    name: from.need('Member-Name'),
    ...(cause !== undefined && { cause: oneOf(cause, ['left', 'kicked', 'banned', 'lost']) }),
    ...optional('by', from.word('Member-By')),
    ...optional('reason', from.word('Reason')),
  };
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}
