import { isUtf8 } from 'node:buffer';
import { escapeHeader, unescapeHeader } from '../../../src/cpim/message/escape.ts';
import { type Draft, format, type Message, type Mode, parse } from '../../../src/cpim/message/message.ts';
import type { MimeHeader } from '../../../src/cpim/message/mime.ts';
import { asJson, asString } from '../compare.ts';
import type { Kinds } from './kind.ts';

export interface Octets {
  readonly cpim?: string;
  readonly cpimBase64?: string;
}

/** The text of a vector, or its octets where they are no text. */
export function octetsOf({ cpim, cpimBase64 }: Octets): Buffer {
  return cpim === undefined ? Buffer.from(cpimBase64 ?? '', 'base64') : Buffer.from(cpim, 'utf8');
}

/** As the README names it: a body that is no text goes as base64. */
export function shown({ headers, mime, body }: Message): object {
  return { headers, mime, ...(isUtf8(body) ? { body: body.toString('utf8') } : { bodyBase64: body.toString('base64') }) };
}

export const messageKinds: Kinds = {
  'cpim.parse': {
    run: (input: Octets & { mode: Mode }) => shown(parse(octetsOf(input), input.mode)),
    compare: asJson,
  },
  'cpim.format': {
    run: ({ headers, mime, body }: { headers: Draft[]; mime: MimeHeader[]; body: string }) =>
      format(headers, mime, body).toString('utf8'),
    compare: asString,
  },
  'cpim.header-escape': {
    run: ({ text, quote }: { text: string; quote?: 'double' | 'single' }) => escapeHeader(text, quote),
    compare: asString,
  },
  'cpim.header-unescape': { run: ({ value }: { value: string }) => unescapeHeader(value), compare: asString },
};
