import { CpimError } from '../../../cpim/error.ts';
import type { Notify, Subscribe } from '../../../cpim/presence/cpp.ts';
import { formatPidf } from '../../../cpim/presence/format-pidf.ts';
import type { Tuple } from '../../../cpim/presence/pidf.ts';
import { priorityToContact } from '../../../cpim/presence/priority.ts';
import type { Profile } from '../../../cpim/profile.ts';
import { uriOf, type Who } from '../../../cpim/uri.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import { jidOf, whoOf } from './address.ts';
import { isShow } from './show.ts';
import { tupleIdOf } from './tuple-id.ts';
import { wordsOf } from './words.ts';

interface Outward {
  readonly profile: Profile;
  /** Earlier presence of the same user: the document is of all his clients (R3922-6.3.1-3). */
  readonly known?: readonly El[];
  /** Of the document, RFC 3339. */
  readonly timestamp?: string;
  /** Of a new subscription, in seconds: XMPP has none. */
  readonly duration?: number;
  readonly subscriptId?: string;
}

/**
 * A presence stanza as an operation of CPP (RFC 3922 §5.1, §6). Undefined for what is none: an approval is followed by presence,
 * a probe is answered, an error is an answer. Throws a CpimError for a stanza that cannot be one.
 */
export function presenceToCpp(stanza: El, options: Outward): Notify | Subscribe | undefined {
  switch (stanza.attrs.type) {
    case undefined:
    case 'unavailable':
      return notify(stanza, options);
    case 'subscribe':
      return subscribe(stanza, 'from', options);
    case 'unsubscribe':
      return subscribe(stanza, 'from', { ...options, duration: 0 });
    case 'unsubscribed':
      // Conflict register C7: whoever ends it is the one who was watched; RFC 3922 §6.5 prints it the other way round.
      return subscribe(stanza, options.profile === 'strict3922' ? 'from' : 'to', { ...options, duration: 0 });
    case 'subscribed':
    case 'probe':
    case 'error':
      return undefined;
    default:
      throw new CpimError('malformed', 'a presence of no known type', 0);
  }
}

function subscribe(stanza: El, watcher: 'from' | 'to', { profile, duration, subscriptId }: Outward): Subscribe {
  const address = (name: 'from' | 'to'): string => uriOf(partOf(stanza, name), 'pres', profile);
  const { id } = stanza.attrs;
  return {
    op: 'subscribe',
    watcher: address(watcher),
    target: address(watcher === 'from' ? 'to' : 'from'),
    ...(duration !== undefined && { duration }),
    ...(id !== undefined && { transId: id }),
    ...(subscriptId !== undefined && { subscriptId }),
  };
}

function notify(stanza: El, { profile, known = [], timestamp }: Outward): Notify {
  const from = partOf(stanza, 'from');
  const tuples = latest([...known, stanza], from).map((one) => ({
    ...tupleOf(one, profile),
    ...(timestamp !== undefined && { timestamp }),
  }));
  return {
    op: 'notify',
    from: uriOf(from, 'im', profile),
    ...(stanza.attrs.to !== undefined && { to: uriOf(whoOf(stanza.attrs.to), 'im', profile) }),
    pidf: formatPidf({ entity: uriOf(from, 'pres', profile), tuples }, ns.client),
  };
}

/** One stanza for each client of the user, in the order in which the clients came. */
function latest(stanzas: readonly El[], { local, domain }: Who): El[] {
  const byClient = new Map<string, El>();
  for (const stanza of stanzas) {
    const who = partOf(stanza, 'from');
    const { type } = stanza.attrs;
    const isHis = who.local === local && who.domain === domain;
    if (isHis && (type === undefined || type === 'unavailable')) byClient.set(jidOf(who), stanza);
  }
  return [...byClient.values()];
}

function tupleOf(stanza: El, profile: Profile): Tuple {
  const who = partOf(stanza, 'from');
  const show = wordsOf(stanza, 'show')[0]?.text.trim() ?? '';
  const notes = wordsOf(stanza, 'status').filter(({ text }) => text !== '');
  const priority = priorityOf(stanza);
  return {
    id: tupleIdOf(who.device, profile),
    basic: stanza.attrs.type === 'unavailable' ? 'closed' : 'open',
    // Conflict register C5.
    ...(isShow(show) && { show, ...(profile === 'strict3922' && { im: show }) }),
    ...(priority !== undefined && { contact: uriOf(who, 'im', profile), priority }),
    ...(notes.length > 0 && { notes }),
  };
}

/** RFC 6121 §4.7.2.3: a byte. Undefined where there is none, or a negative one, which is not mapped (R3922-5.1.7-3). */
function priorityOf(stanza: El): string | undefined {
  const written = wordsOf(stanza, 'priority')[0]?.text.trim();
  if (written === undefined) return undefined;
  if (!/^[+-]?\d{1,9}$/.test(written)) throw new CpimError('malformed', 'a priority that is no number', 0);
  return priorityToContact(Number(written));
}

function partOf(stanza: El, name: 'from' | 'to'): Who {
  const jid = stanza.attrs[name];
  if (jid === undefined) throw new CpimError('malformed', `a presence without ${name}`, 0);
  return whoOf(jid);
}
