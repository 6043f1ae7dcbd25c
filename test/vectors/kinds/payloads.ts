import { type Form, formatForm, parseForm } from '../../../src/networks/xmpp/payloads/form.ts';
import { parseRpc } from '../../../src/networks/xmpp/payloads/rpc.ts';
import { readElement } from '../../../src/networks/xmpp/wire/read.ts';
import { serialize } from '../../../src/networks/xmpp/wire/serialize.ts';
import { asJson, asXml } from '../compare.ts';
import type { Kinds } from './kind.ts';

export const payloadKinds: Kinds = {
  'form.parse': { run: ({ form }: { form: string }) => parseForm(readElement(form)), compare: asJson },
  'form.format': { run: (form: Form) => serialize(formatForm(form)), compare: asXml },
  'rpc.parse': { run: ({ rpc }: { rpc: string }) => parseRpc(readElement(rpc)), compare: asJson },
};
