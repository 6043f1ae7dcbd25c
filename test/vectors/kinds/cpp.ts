import type { Notify, Subscribe } from '../../../src/cpim/presence/cpp.ts';
import type { Profile } from '../../../src/cpim/profile.ts';
import { type Notified, notifyToPresence, subscribeToPresence } from '../../../src/networks/xmpp/cpim/from-cpp.ts';
import { presenceToCpp } from '../../../src/networks/xmpp/cpim/to-cpp.ts';
import { readElement } from '../../../src/networks/xmpp/wire/read.ts';
import { serialize } from '../../../src/networks/xmpp/wire/serialize.ts';
import { asPidf, asXmlList } from '../compare.ts';
import type { Kinds } from './kind.ts';

interface Outward {
  readonly stanza: string;
  readonly known?: readonly string[];
  readonly timestamp?: string;
  readonly duration?: number;
  readonly subscriptId?: string;
}

function toCpp({ stanza, known = [], ...more }: Outward, profile: Profile): Notify | Subscribe | null {
  return presenceToCpp(readElement(stanza), { ...more, known: known.map(readElement), profile }) ?? null;
}

function fromCpp(operation: (Notified & { readonly op: 'notify' }) | Subscribe, profile: Profile): string[] {
  const stanzas = operation.op === 'notify' ? notifyToPresence(operation, { profile }) : [subscribeToPresence(operation)];
  return stanzas.map(serialize);
}

export const cppKinds: Kinds = {
  'xmpp.presence-to-cpp': { run: toCpp, compare: asPidf },
  'cpp.to-xmpp-presence': { run: fromCpp, compare: asXmlList },
};
