import type { Message } from '../message/message.ts';
import { mediaTypeOf, mimeValue } from '../message/mime.ts';
import { inside } from '../message/wrap.ts';

const documents: ReadonlySet<string | undefined> = new Set(['message/imdn+xml', 'application/im-iscomposing+xml']);
// More covers than this nobody needs: what is in there is not looked at, and not answered.
const mostCovers = 4;

/**
 * True for what only tells of messages: receipts, who is writing; also under the covers of gateways. It is never shown as a message,
 * and nothing is ever told of it: two bridges would answer each other for ever (RFC 5438 §7.2.1.1).
 */
export function isNotification(message: Message, covers = mostCovers): boolean {
  const disposition = mimeValue(message.mime, 'Content-Disposition') ?? '';
  if (documents.has(mediaTypeOf(mimeValue(message.mime, 'Content-Type') ?? ''))) return true;
  if (/^notification[ \t]*(?:;|$)/i.test(disposition)) return true;
  const inner = inside(message);
  return inner !== undefined && (covers === 0 || isNotification(inner, covers - 1));
}
