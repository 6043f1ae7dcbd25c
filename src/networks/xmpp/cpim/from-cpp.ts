import xml from '@xmpp/xml';
import { mediaTypeOf } from '../../../cpim/message/mime.ts';
import { parseParty } from '../../../cpim/message/party.ts';
import type { Subscribe } from '../../../cpim/presence/cpp.ts';
import { parsePidf } from '../../../cpim/presence/parse-pidf.ts';
import type { Pidf, Tuple } from '../../../cpim/presence/pidf.ts';
import { priorityFromContact } from '../../../cpim/presence/priority.ts';
import type { Profile } from '../../../cpim/profile.ts';
import { parseMailbox, type Who } from '../../../cpim/uri.ts';
import { ns } from '../ns.ts';
import { readElement } from '../wire/read.ts';
import type { El } from '../wire/wire.ts';
import { jidOf } from './address.ts';
import { showOf } from './show.ts';
import { resourceOf, tupleIdOf } from './tuple-id.ts';

/** A notify as it came in Message/CPIM: addresses are values of its headers. */
export interface Notified {
  /** Absent: the entity of the document. */
  readonly from?: string;
  readonly to?: string;
  readonly pidf: string;
  readonly contentType?: string;
  readonly contentId?: string;
  /** The document before this one; only what changed since then is told (R3922-6.3.1-2). */
  readonly previous?: string;
}

interface Inward {
  readonly profile: Profile;
  /** The document goes along as a child of each stanza (R3922-5.2.15-1). */
  readonly embed?: boolean;
}

/** A notify as presence stanzas, one for each client (RFC 3922 §5.2, §6.3). Throws a CpimError for a document that is none. */
export function notifyToPresence(notified: Notified, { profile, embed = false }: Inward): El[] {
  const { pidf, contentType, contentId, previous } = notified;
  if (contentType !== undefined && mediaTypeOf(contentType) !== 'application/pidf+xml') return [];
  const document = parsePidf(pidf, ns.client);
  const before = previous === undefined ? undefined : parsePidf(previous, ns.client);
  const user = parseMailbox(notified.from === undefined ? document.entity : addressIn(notified.from));
  const to = notified.to === undefined ? undefined : jidOf(parseMailbox(addressIn(notified.to)));
  return changed(document, before, profile).map((tuple) => {
    const head = { to, id: contentId?.replace(/^<(.*)>$/s, '$1') };
    const stanza = presence(tuple, user, head, profile);
    if (embed) stanza.append(readElement(pidf));
    return stanza;
  });
}

/** The value of a From or To, or the bare URI. */
function addressIn(value: string): string {
  return parseParty(value)?.uri ?? value;
}

/** Nobody is there any more, by no client. */
const nobody: Tuple = { id: tupleIdOf(undefined, 'extended'), basic: 'closed' };

/** The tuples to tell; `nobody` for a document without any (R3922-6.3.2-1), nothing if all it has is notes (R3922-5.2.11-2). */
function changed({ tuples = [], notes = [] }: Pidf, before: Pidf | undefined, profile: Profile): readonly Tuple[] {
  if (tuples.length === 0) return notes.length > 0 ? [] : [nobody];
  const old = new Map(before?.tuples?.map((tuple) => [tuple.id, tuple]));
  const isSame = profile === 'strict3922' ? sameBasic : sameToSee;
  const told = tuples.filter((tuple) => {
    const earlier = old.get(tuple.id);
    // RFC 3863 §4.1.4: without a basic status, and without a show, nobody has said whether he is there.
    const isSaid = tuple.basic !== undefined || showOf(tuple) !== undefined;
    return isSaid && (!earlier || !isSame(earlier, tuple));
  });
  // Each document is the whole state: whoever is not in it any more has gone.
  const gone = [...old.values()].filter(({ id, basic }) => basic !== 'closed' && !tuples.some((tuple) => tuple.id === id));
  return [...told, ...gone.map(({ id }): Tuple => ({ id, basic: 'closed' }))];
}

/** R3922-6.3.1-2 to the letter: availability is open or closed. */
function sameBasic(a: Tuple, b: Tuple): boolean {
  return a.basic === b.basic;
}

function sameToSee(a: Tuple, b: Tuple): boolean {
  const seen = (tuple: Tuple): string =>
    JSON.stringify([tuple.basic, showOf(tuple), tuple.notes, priorityFromContact(tuple.priority)]);
  return seen(a) === seen(b);
}

function presence(tuple: Tuple, user: Who, head: { to: string | undefined; id: string | undefined }, profile: Profile): El {
  const device = tuple === nobody ? undefined : resourceOf(tuple.id, profile);
  const show = showOf(tuple);
  const priority = priorityFromContact(tuple.priority);
  return xml(
    'presence',
    {
      xmlns: ns.client,
      from: jidOf({ ...user, ...(device !== undefined && { device }) }),
      ...head,
      type: tuple.basic === 'closed' ? 'unavailable' : undefined,
    },
    ...(show === undefined ? [] : [xml('show', {}, show)]),
    ...(tuple.notes ?? []).map(({ text, lang }) => xml('status', { 'xml:lang': lang }, text)),
    ...(priority === undefined ? [] : [xml('priority', {}, String(priority))]),
  );
}

/** A subscribe from another network (RFC 3922 §6.2); its duration is kept here, XMPP knows none. Throws a CpimError for addresses. */
export function subscribeToPresence({ watcher, target, duration, transId }: Subscribe): El {
  return xml('presence', {
    xmlns: ns.client,
    from: jidOf(parseMailbox(watcher)),
    to: jidOf(parseMailbox(target)),
    id: transId,
    type: duration === 0 ? 'unsubscribe' : 'subscribe',
  });
}
