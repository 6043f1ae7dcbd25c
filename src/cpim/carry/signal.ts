import { CpimError } from '../error.ts';
import { format, parse } from '../message/message.ts';
import { type MimeHeader, mediaTypeOf, mimeValue } from '../message/mime.ts';
import { ourNs } from '../message/namespaces.ts';
import { type ChatState, chatStateOf, composingOf, formatComposing, parseComposing } from '../notification/composing.ts';
import { formatImdn, parseImdn } from '../notification/imdn.ts';
import { formatPidf } from '../presence/format-pidf.ts';
import { parsePidf } from '../presence/parse-pidf.ts';
import type { Signal } from '../signal.ts';
import { Incoming, Outgoing } from './headers.ts';

type Entity = readonly [type: string, document: string];

const states: readonly [ChatState, ...ChatState[]] = ['active', 'composing', 'paused', 'inactive', 'gone'];

/**
 * A signal as Message/CPIM around the document that a standard has for it: RFC 3994 for typing, RFC 5438 for a receipt, RFC 3863 for
 * presence. `Content-Disposition: notification` says to every reader that it is no message. Throws a CpimError, `malformed`, for
 * what its document cannot hold.
 */
export function signalToCpim(signal: Signal): Buffer {
  const out = new Outgoing();
  out.heading(signal);
  const [type, document] = write(signal, out);
  return format(out.drafts, [['Content-Type', type] satisfies MimeHeader, ['Content-Disposition', 'notification']], document);
}

function write(signal: Signal, out: Outgoing): Entity {
  switch (signal.kind) {
    case 'typing': {
      // The document has two of the five states.
      const composing = composingOf(signal.state) ?? { state: 'idle' };
      if (chatStateOf(composing) !== signal.state) out.add('Chat-State', signal.state);
      const refresh = signal.refresh === undefined ? {} : { refresh: signal.refresh };
      return ['application/im-iscomposing+xml', formatComposing({ ...composing, ...refresh })];
    }
    case 'receipt': {
      const { of, sent, type, status } = signal;
      out.id('Receipt-Of', of);
      return ['message/imdn+xml', formatImdn({ messageId: of.value, datetime: sent, type, status })];
    }
    case 'presence':
      return ['application/pidf+xml', formatPidf(signal.document, ourNs)];
  }
}

/** Throws a CpimError: `refused` for what is a message. */
export function signalFromCpim(octets: Buffer): Signal {
  const message = parse(octets, 'strict');
  const from = new Incoming(message);
  const document = message.body.toString('utf8');
  const heading = from.heading();
  switch (mediaTypeOf(mimeValue(message.mime, 'Content-Type') ?? '')) {
    case 'application/im-iscomposing+xml': {
      const composing = parseComposing(document);
      const refresh = composing.refresh === undefined ? {} : { refresh: composing.refresh };
      const state = from.word('Chat-State') === undefined ? chatStateOf(composing) : from.oneOf('Chat-State', ...states);
      return { kind: 'typing', ...heading, state, ...refresh };
    }
    case 'message/imdn+xml': {
      const { messageId, datetime, type, status } = parseImdn(document);
      const of = from.id('Receipt-Of') ?? { kind: 'imdn', value: messageId, strong: true };
      return { kind: 'receipt', ...heading, of, sent: datetime, type, status };
    }
    case 'application/pidf+xml':
      return { kind: 'presence', ...heading, document: parsePidf(document, ourNs) };
    default:
      throw new CpimError('refused', 'a message is no signal', 0);
  }
}
