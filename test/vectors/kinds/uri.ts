import type { Profile } from '../../../src/cpim/profile.ts';
import { parseMailbox, uriOf } from '../../../src/cpim/uri.ts';
import { formatSipUri, parseSipUri } from '../../../src/networks/sip/uri.ts';
import { jidOf, whoOf } from '../../../src/networks/xmpp/cpim/address.ts';
import { equal } from '../../../src/networks/xmpp/jid.ts';
import { asJson, asString } from '../compare.ts';
import type { Kinds } from './kind.ts';

interface From {
  readonly jid: string;
  readonly scheme: 'im' | 'pres' | 'sip';
  readonly legacyEscapes?: boolean;
}

function fromJid({ jid, scheme, legacyEscapes }: From, profile: Profile): string {
  const who = whoOf(jid, legacyEscapes);
  return scheme === 'sip' ? formatSipUri(who) : uriOf(who, scheme, profile);
}

/** Each scheme is read by the folder whose it is. */
function toJid(uri: string): string {
  return jidOf(/^sips?:/i.test(uri) ? parseSipUri(uri) : parseMailbox(uri));
}

export const uriKinds: Kinds = {
  'uri.from-jid': { run: fromJid, compare: asString },
  'uri.to-jid': { run: ({ uri }: { uri: string }) => toJid(uri), compare: asString },
  'uri.equal': { run: ({ a, b }: { a: string; b: string }) => equal(toJid(a), toJid(b)), compare: asJson },
};
