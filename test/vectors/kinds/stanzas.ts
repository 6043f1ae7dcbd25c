import { parse } from '../../../src/cpim/message/message.ts';
import type { Profile } from '../../../src/cpim/profile.ts';
import { messageFromCpim } from '../../../src/networks/xmpp/cpim/from-cpim.ts';
import { messageToCpim } from '../../../src/networks/xmpp/cpim/to-cpim.ts';
import { readElement } from '../../../src/networks/xmpp/wire/read.ts';
import { serialize } from '../../../src/networks/xmpp/wire/serialize.ts';
import { asStanza } from '../compare.ts';
import { asCpim } from '../compare-cpim.ts';
import type { Kinds } from './kind.ts';
import { type Octets, octetsOf, shown } from './message.ts';

interface Outward {
  readonly stanza: string;
  readonly idIsUnique?: boolean;
  readonly formalNames?: Readonly<Record<string, string>>;
}

function toCpim({ stanza, ...more }: Outward, profile: Profile): object {
  return shown(parse(messageToCpim(readElement(stanza), { ...more, profile }), 'strict'));
}

function fromCpim(input: Octets & { readonly understood?: readonly string[] }, profile: Profile): string {
  const understood = input.understood ?? [];
  return serialize(messageFromCpim(octetsOf(input), { profile, understood }));
}

export const stanzaKinds: Kinds = {
  'xmpp.message-to-cpim': { run: toCpim, compare: asCpim },
  'cpim.message-to-xmpp': { run: fromCpim, compare: asStanza },
};
