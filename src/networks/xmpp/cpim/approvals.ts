import xml from '@xmpp/xml';
import { formatPidf } from '../../../cpim/presence/format-pidf.ts';
import { parsePidf } from '../../../cpim/presence/parse-pidf.ts';
import type { Tuple } from '../../../cpim/presence/pidf.ts';
import { reason } from '../../../cpim/reasons.ts';
import type { Pair } from '../../../cpim/subscription/book.ts';
import type { WatchedOutput } from '../../../cpim/subscription/watched.ts';
import type { Watching, WatchingOutput } from '../../../cpim/subscription/watching.ts';
import { parseMailbox } from '../../../cpim/uri.ts';
import { answerOf, errorStanza } from '../errors.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import { jidOf } from './address.ts';
import { notifyToPresence } from './from-cpp.ts';

/** What the user who watches is told (RFC 3922 §6.1, §6.4; RFC 6121 §3). An operation is not for him. Throws a CpimError. */
export function watchingStanzas(output: WatchingOutput, pair: Pair): El[] {
  const { watcher, target } = addresses(pair);
  switch (output.kind) {
    case 'operation':
      return [];
    case 'allowed':
      return [presence('subscribed', target, watcher)];
    case 'shown':
      return notifyToPresence(
        { pidf: output.pidf, to: pair.watcher, ...(output.previous !== undefined && { previous: output.previous }) },
        { profile: 'extended' },
      );
    case 'ended':
      // RFC 6121 §3.2.2: every client of his goes first.
      return [...gone(output.document, pair.watcher), presence('unsubscribed', target, watcher)];
    case 'refused': {
      const request = presence('subscribe', watcher, target, output.transId);
      // Conflict register C4: who asks has not been allowed to know whether somebody is there.
      const error = errorStanza(request, answerOf(reason(output.why)), { authorised: false });
      return error ? [error] : [];
    }
  }
}

/** What the user who is watched is told (RFC 3922 §6.2). Responses and notifies are for the other network. Throws a CpimError. */
export function watchedStanzas(output: WatchedOutput, pair: Pair): El[] {
  const { watcher, target } = addresses(pair);
  switch (output.kind) {
    case 'asked':
      return [presence('subscribe', watcher, target)];
    case 'left':
      // RFC 8048 §5.3.3: he has ended the notifies; what he was allowed he keeps.
      return [presence('unavailable', watcher, target)];
    case 'response':
    case 'notify':
    case 'ended':
      return [];
  }
}

/** RFC 6121 §4.3.2: what a probe by the one who watches is answered with; we are the server of the one who is watched. */
export function probeAnswer(watching: Watching | undefined, pair: Pair): El[] {
  const { watcher, target } = addresses(pair);
  // From the bare address: a resource would say that he is there.
  if (watching?.phase !== 'allowed') return [presence('unsubscribed', target, watcher)];
  const { entity = pair.target, tuples = [] } = watching.document === undefined ? {} : parsePidf(watching.document, ns.client);
  const open = tuples.filter(({ basic }) => basic === 'open');
  if (open.length === 0) return [absent(target, watcher, tuples)];
  return notifyToPresence({ pidf: formatPidf({ entity, tuples: open }, ns.client), to: pair.watcher }, { profile: 'extended' });
}

/** With the time when he was heard of last, where that is known (XEP-0203). */
function absent(from: string, to: string, tuples: readonly Tuple[]): El {
  const times = tuples.map(({ timestamp = '' }) => Date.parse(timestamp)).filter((time) => !Number.isNaN(time));
  const stanza = presence('unavailable', from, to);
  if (times.length > 0) stanza.append(xml('delay', { xmlns: ns.delay, stamp: new Date(Math.max(...times)).toISOString() }));
  return stanza;
}

/** Unavailable, by each client that was there. */
function gone(document: string | undefined, to: string): El[] {
  if (document === undefined) return [];
  const { entity, tuples = [] } = parsePidf(document, ns.client);
  const closed = tuples.filter(({ basic }) => basic === 'open').map(({ id }) => ({ id, basic: 'closed' }) as const);
  return closed.length === 0
    ? []
    : notifyToPresence({ pidf: formatPidf({ entity, tuples: closed }, ns.client), to }, { profile: 'extended' });
}

/** RFC 6121 §3.1.1: subscriptions are between bare JIDs. */
function addresses({ watcher, target }: Pair): Pair {
  return { watcher: jidOf(parseMailbox(watcher)), target: jidOf(parseMailbox(target)) };
}

function presence(type: string, from: string, to: string, id?: string): El {
  return xml('presence', { xmlns: ns.client, type, from, to, id });
}
