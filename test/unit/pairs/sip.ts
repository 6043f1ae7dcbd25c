import type { Payload } from '../../../src/cpim/envelope.ts';
import { capabilities } from '../../../src/networks/sip/capabilities.ts';
import { envelopeOf, requestOf } from '../../../src/networks/sip/envelope.ts';
import { formatRequest, parseRequest } from '../../../src/networks/sip/message.ts';
import { type Face, frame } from './face.ts';

const request = (headers: readonly string[], body: string): Buffer =>
  Buffer.from(
    [
      'MESSAGE sip:room@rooms.example SIP/2.0',
      'Via: SIP/2.0/TCP a.example;branch=z9hG4bK1',
      'From: <sip:alice@example.org>;tag=1',
      'To: <sip:room@rooms.example>',
      'Call-ID: 1@a.example',
      'CSeq: 1 MESSAGE',
      ...headers,
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
const inside = `From: A <im:a@x>\r\nTo: B <im:b@x>\r\nDateTime: 2026-05-01T10:00:00Z\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 1\r\n\r\nContent-Type: `;

export const sipSamples: Readonly<Record<string, Buffer>> = {
  text: request(['Content-Type: text/plain'], 'two\r\nlines'),
  language: request(['Content-Type: text/plain;charset=UTF-8', 'Content-Language: de'], 'grüezi'),
  subject: request(['Content-Type: text/plain', 'Subject: tea'], 'at five'),
  wrapped: request(['Content-Type: message/cpim'], `${inside}text/plain; charset=utf-8\r\n\r\nhi`),
  'a picture': request(['Content-Type: message/cpim'], `${inside}image/png\r\nContent-Transfer-Encoding: binary\r\n\r\nxyz`),
};

/** Page mode: there is no wire yet, but the octets are those that will go over one. */
export async function sipFace(): Promise<Face> {
  return {
    name: 'sip',
    capabilities,
    read: (native) => envelopeOf(parseRequest(native as Buffer), frame),
    async write(envelope) {
      const { headers, ...rest } = requestOf(envelope);
      const ofTransaction = [
        ['Via', 'SIP/2.0/TCP a.example'],
        ['CSeq', '1 MESSAGE'],
        ['Call-ID', '1'],
      ] as const;
      return formatRequest({ ...rest, headers: [...headers, ...ofTransaction] });
    },
    seen,
    close: async () => undefined,
  };
}

function seen(payload: Payload): Payload {
  if (payload.kind !== 'text') return payload;
  // Lines end with CRLF on the way: a text that has them itself cannot be told from one that has not.
  return { ...payload, text: payload.text.includes('\r') ? payload.text.replaceAll('\r\n', '\n') : payload.text };
}
