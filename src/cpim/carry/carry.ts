import { type Degradation, type Envelope, features } from '../envelope.ts';
import { format, parse } from '../message/message.ts';
import { imdnNs } from '../message/namespaces.ts';
import { Incoming, Outgoing, oneOf } from './headers.ts';
import { readPayload, replyHeader, writePayload } from './payload.ts';

const losses: readonly Degradation['level'][] = ['partial', 'fallback', 'dropped', 'rejected'];

/**
 * An envelope as Message/CPIM, without loss: the payload of the durable timeline. Standard carriers first; what has none is in
 * our namespace. The body is what a reader that knows nothing of us may show.
 *
 * Header profile (RFC 3862 §6). There always: From, To, DateTime, imdn.Message-ID. Repeatable: Hop-Trace, Degraded. All other
 * headers of ours at most once; headers of strangers last, in their order.
 *
 * Throws a CpimError only for extensions that are not in wire form, and for more than a mebibyte of headers or 16 of content.
 */
export function toCpim(envelope: Envelope): Buffer {
  const out = new Outgoing();
  out.party('From', envelope.from);
  out.party('To', envelope.to);
  out.standard('DateTime', envelope.time);
  out.drafts.push({ name: 'NS', value: `imdn <${imdnNs}>` });
  out.standard('imdn.Message-ID', envelope.id);
  const [mime, body] = writePayload(envelope, out);
  if (envelope.reply) out.target(replyHeader(envelope.payload), envelope.reply);
  if (envelope.thread) out.id('Thread-ID', envelope.thread);
  for (const install of envelope.trace) out.add('Hop-Trace', install);
  for (const { feature, level } of envelope.degradations) out.add('Degraded', feature, level);
  out.extensions(envelope.extensions);
  return format(out.drafts, mime, body);
}

/** Reads what `toCpim` wrote, and strangers' objects as far as they can be understood. Throws a CpimError. */
export function fromCpim(octets: Buffer): Envelope {
  const message = parse(octets, 'strict');
  const headers = new Incoming(message);
  const payload = readPayload(message, headers);
  const reply = headers.target(replyHeader(payload));
  const thread = headers.id('Thread-ID');
  return {
    id: headers.standard('Message-ID'),
    from: headers.party('From'),
    to: headers.party('To'),
    time: headers.standard('DateTime'),
    payload,
    ...(reply && { reply }),
    ...(thread && { thread }),
    trace: headers.all('Hop-Trace').map(([install = '']) => install),
    extensions: headers.extensions,
    degradations: headers.all('Degraded').map(([feature = '', level = '']) => ({
      feature: oneOf(feature, features),
      level: oneOf(level, losses),
    })),
  };
}
