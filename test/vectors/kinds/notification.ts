import { parse } from '../../../src/cpim/message/message.ts';
import {
  type ChatState,
  type Composing,
  chatStateOf,
  composingOf,
  formatComposing,
  parseComposing,
} from '../../../src/cpim/notification/composing.ts';
import { formatImdn, type Imdn, parseImdn } from '../../../src/cpim/notification/imdn.ts';
import { type DispositionEvent, type DispositionRole, respond } from '../../../src/cpim/notification/respond.ts';
import { asJson, asJsonWithXml, asXml } from '../compare.ts';
import type { Kinds } from './kind.ts';

function parsed(xml: string): object {
  const composing = parseComposing(xml);
  return { ...composing, chatState: chatStateOf(composing) };
}

function formatted(input: { chatState: ChatState } | Composing): string | null {
  const composing = 'chatState' in input ? composingOf(input.chatState) : input;
  return composing === undefined ? null : formatComposing(composing);
}

export const notificationKinds: Kinds = {
  'imdn.parse': { run: ({ imdn }: { imdn: string }) => parseImdn(imdn), compare: asJson },
  'imdn.format': { run: (imdn: Imdn) => formatImdn(imdn), compare: asXml },
  'imdn.respond': {
    run: ({ cpim, event, role }: { cpim: string; event: DispositionEvent; role: DispositionRole }) =>
      respond(parse(cpim, 'lenient'), event, role) ?? null,
    compare: asJsonWithXml('imdn'),
  },
  'composing.parse': { run: ({ composing }: { composing: string }) => parsed(composing), compare: asJson },
  'composing.format': { run: formatted, compare: asXml },
};
