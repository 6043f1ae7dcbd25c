import { CpimError } from '../../../cpim/error.ts';
import { type Draft, format } from '../../../cpim/message/message.ts';
import type { MimeHeader } from '../../../cpim/message/mime.ts';
import { imdnNs } from '../../../cpim/message/namespaces.ts';
import { formatSides } from '../../../cpim/message/sides.ts';
import type { Profile } from '../../../cpim/profile.ts';
import { isDateTime } from '../../../cpim/time.ts';
import { uriOf, type Who } from '../../../cpim/uri.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import { jidOf, whoOf } from './address.ts';
import { bodyOf, wordsOf } from './words.ts';

interface Outward {
  readonly profile: Profile;
  /** The id of the stanza is unique for all time, so it may become the Content-ID (R3922-4.1.3-2). */
  readonly idIsUnique?: boolean;
  /** Names to show, by bare JID. */
  readonly formalNames?: Readonly<Record<string, string>>;
}

/**
 * A message stanza as Message/CPIM (RFC 3922 §4.1). The extended profile keeps what later documents have a place for: the time of
 * a delayed message, requests for receipts, language, thread and clients. Throws a CpimError if it has no addresses to map.
 */
export function messageToCpim(stanza: El, { profile, idIsUnique = false, formalNames = {} }: Outward): Buffer {
  const from = partOf(stanza, 'from');
  const to = partOf(stanza, 'to');
  const body = bodyOf(stanza);
  const address = (who: Who): { uri: string; name?: string } => {
    const { device: _, ...person } = who;
    const name = formalNames[jidOf(person)];
    return { uri: uriOf(who, 'im', profile), ...(name !== undefined && { name }) };
  };
  const headers: Draft[] = [
    { name: 'From', address: address(from) },
    { name: 'To', address: address(to) },
    ...wordsOf(stanza, 'subject').map((subject): Draft => ({ name: 'Subject', ...subject })),
  ];
  const mime: MimeHeader[] = [['Content-Type', 'text/plain; charset=utf-8']];
  const contentId = idIsUnique ? contentIdOf(stanza.attrs.id, from.domain) : undefined;
  if (contentId !== undefined) mime.push(['Content-ID', contentId]);
  if (profile === 'extended') {
    headers.push(...beyond(stanza), ...formatSides({ fromDevice: from.device, toDevice: to.device, ...threadOf(stanza) }));
    if (body.lang !== undefined) mime.push(['Content-Language', body.lang]);
  }
  return format(headers, mime, body.text.replace(/\r?\n/g, '\r\n'));
}

function partOf(stanza: El, name: 'from' | 'to'): Who {
  const jid = stanza.attrs[name];
  if (jid === undefined) throw new CpimError('malformed', `a message without ${name}`, 0);
  return whoOf(jid);
}

const atoms = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*";
const messageId = new RegExp(`^${atoms}@${atoms}$`);

/** RFC 2045 §7: a msg-id, so the sender's domain completes it. Undefined for an id with characters that none can have. */
function contentIdOf(id: string | undefined, domain: string): string | undefined {
  const whole = id?.includes('@') ? id : `${id}@${domain}`;
  return id !== undefined && messageId.test(whole) ? `<${whole}>` : undefined;
}

/** Conflict register C13 and C14: DateTime only for what was delayed, and no extension as such, only what it means. */
function beyond(stanza: El): Draft[] {
  const stamp = stanza.getChild('delay', ns.delay)?.attrs.stamp ?? '';
  const { id = '' } = stanza.attrs;
  const wanted = [
    ...(stanza.getChild('request', ns.receipts) ? ['positive-delivery'] : []),
    ...(stanza.getChild('markable', ns.chatmarkers) ? ['display'] : []),
  ];
  return [
    ...(isDateTime(stamp) ? [{ name: 'DateTime', value: stamp }] : []),
    // RFC 5438 §6.3 and XEP-0184 §5.3: what is to be acknowledged has an id.
    ...(id !== '' && wanted.length > 0
      ? [
          { name: 'Message-ID', ns: imdnNs, text: id },
          { name: 'Disposition-Notification', ns: imdnNs, value: wanted.join(', ') },
        ]
      : []),
  ];
}

function threadOf(stanza: El): { thread?: string; parent?: string | undefined } {
  const thread = stanza.getChildren('thread').find((child) => child.getNS() === stanza.getNS());
  return thread ? { thread: thread.getText(), parent: thread.attrs.parent } : {};
}
