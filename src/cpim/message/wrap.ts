import type { Party } from '../envelope.ts';
import { CpimError } from '../error.ts';
import { type Draft, format, type Header, type Message, parse } from './message.ts';
import { type MimeHeader, mediaTypeOf, mimeValue } from './mime.ts';
import { imdnNs } from './namespaces.ts';
import { formatParty } from './party.ts';

const cover: readonly MimeHeader[] = [['Content-Type', 'Message/CPIM']];

/** What a gateway has to say on an object that it passes on. */
export interface Added {
  /** Where it goes now. */
  readonly to?: Party;
  /** RFC 3339. */
  readonly dateTime?: string;
  /** So that notifications come back by us (RFC 5438 §6.5). */
  readonly recordRoute?: Party;
}

/**
 * An object under a cover of ours: an object that somebody else made, or signed, is never changed, not by an octet (RFC 3862 §6,
 * conflict register C12). On the cover stands what was on the object, as far as gateways and receipts need it. Throws a CpimError.
 */
export function covered(object: Buffer, { to, dateTime, recordRoute }: Added): Buffer {
  const { headers } = parse(object, 'lenient');
  const all = (name: string, ns?: string): Header[] => headers.filter((header) => header.name === name && header.ns === ns);
  const old = all('To');
  const moved = to === undefined ? [] : originalTo(all('Original-To', imdnNs), old[0]);
  const drafts: Draft[] = [
    ...all('From').slice(0, 1).map(again),
    ...(to === undefined ? old.map(again) : [{ name: 'To', address: to }]),
    ...(dateTime === undefined ? all('DateTime').slice(0, 1).map(again) : [{ name: 'DateTime', value: dateTime }]),
    ...all('Message-ID', imdnNs).slice(0, 1).map(again),
    ...all('Disposition-Notification', imdnNs).map(again),
    ...moved,
    ...(recordRoute ? [{ name: 'IMDN-Record-Route', ns: imdnNs, value: formatParty(recordRoute) ?? refuse() }] : []),
    ...all('IMDN-Record-Route', imdnNs).map(again),
  ];
  return format(drafts, cover, object);
}

/** RFC 5438 §6.4: who it was for at first; it is there once, and stays. */
function originalTo(known: readonly Header[], to: Header | undefined): Draft[] {
  const [first] = known;
  if (first) return [again(first)];
  return to ? [{ name: 'Original-To', ns: imdnNs, value: to.value }] : [];
}

/** A header as it was read, to be written again. */
export function again({ name, ns, lang, params, value }: Header): Draft {
  return {
    name,
    value,
    ...(ns !== undefined && { ns }),
    ...(lang !== undefined && { lang }),
    ...(params !== undefined && { params }),
  };
}

/** The object under a cover; undefined if this is no cover, or what is under it is no object. */
export function inside({ mime, body }: Message): Message | undefined {
  if (mediaTypeOf(mimeValue(mime, 'Content-Type') ?? '') !== 'message/cpim') return undefined;
  try {
    return parse(body, 'lenient');
  } catch (error) {
    if (error instanceof CpimError) return undefined;
    throw error;
  }
}

function refuse(): never {
  throw new CpimError('malformed', 'an address that is no URI', 0);
}
