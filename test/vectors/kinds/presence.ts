import { formatPidf } from '../../../src/cpim/presence/format-pidf.ts';
import { parsePidf } from '../../../src/cpim/presence/parse-pidf.ts';
import type { Pidf } from '../../../src/cpim/presence/pidf.ts';
import { priorityFromContact, priorityToContact } from '../../../src/cpim/presence/priority.ts';
import { isValidPidf } from '../../../src/cpim/presence/valid-pidf.ts';
import { asJson, asString, asXml } from '../compare.ts';
import type { Kinds } from './kind.ts';

// README.md: `show` is the extension of this namespace.
const showNs = 'jabber:client';

export const presenceKinds: Kinds = {
  'pidf.validate': { run: ({ pidf }: { pidf: string }) => isValidPidf(pidf), compare: asJson },
  'pidf.parse': { run: ({ pidf }: { pidf: string }) => parsePidf(pidf, showNs), compare: asJson },
  'pidf.format': { run: ({ document }: { document: Pidf }) => formatPidf(document, showNs), compare: asXml },
  'priority.to-pidf': { run: ({ priority }: { priority: number }) => priorityToContact(priority) ?? null, compare: asString },
  'priority.to-xmpp': {
    run: ({ priority }: { priority: string | null }) => priorityFromContact(priority ?? undefined) ?? null,
    compare: asJson,
  },
};
