import { type Protected, unwrap, wrap } from '../../../src/networks/xmpp/cpim/protected.ts';
import { readElement } from '../../../src/networks/xmpp/wire/read.ts';
import { serialize } from '../../../src/networks/xmpp/wire/serialize.ts';
import { asJson, asXml } from '../compare.ts';
import type { Kinds } from './kind.ts';

type Given = Omit<Protected, 'entity' | 'mediaType'> & { readonly entity: string };

function unwrapped(stanza: string): object | null {
  const found = unwrap(readElement(stanza));
  return found ? { ...found, entity: found.entity.toString('utf8') } : null;
}

export const protectedKinds: Kinds = {
  'smime.from-xmpp': { run: ({ stanza }: { stanza: string }) => unwrapped(stanza), compare: asJson },
  'smime.to-xmpp': {
    run: ({ entity, ...more }: Given) => serialize(wrap({ ...more, entity: Buffer.from(entity, 'utf8') })),
    compare: asXml,
  },
};
