import { equal, escapeLocal, parse, unescapeLocal } from '../../../src/networks/xmpp/jid.ts';
import { asJson, asString } from '../compare.ts';
import { given, type Kinds } from './kind.ts';

/** As the README names it: null for an absent part. */
function prepared(jid: string): object {
  const { local = null, domain, resource = null } = given(parse(jid));
  return { local, domain, resource };
}

export const jidKinds: Kinds = {
  'jid.prepare': { run: ({ jid }: { jid: string }) => prepared(jid), compare: asJson },
  'jid.escape': { run: ({ text }: { text: string }) => given(escapeLocal(text)), compare: asString },
  'jid.unescape': { run: ({ local }: { local: string }) => unescapeLocal(local), compare: asString },
  'jid.equal': { run: ({ a, b }: { a: string; b: string }) => equal(a, b), compare: asJson },
};
