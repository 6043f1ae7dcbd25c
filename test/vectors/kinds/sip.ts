import { headerOf, parseNameAddr, parseRequest } from '../../../src/networks/sip/message.ts';
import { cpimToRequest, requestToCpim } from '../../../src/networks/sip/page.ts';
import { messageFromCpim } from '../../../src/networks/xmpp/cpim/from-cpim.ts';
import { messageToCpim } from '../../../src/networks/xmpp/cpim/to-cpim.ts';
import { readElement } from '../../../src/networks/xmpp/wire/read.ts';
import { serialize } from '../../../src/networks/xmpp/wire/serialize.ts';
import { asPart, asStanza } from '../compare.ts';
import type { Kinds } from './kind.ts';

/** Neither network knows the other: between them stands Message/CPIM. */
function toSip(stanza: string): object {
  const request = cpimToRequest(messageToCpim(readElement(stanza), { profile: 'extended' }));
  const address = (name: string): string => parseNameAddr(headerOf(request, name) ?? '').uri;
  return {
    requestUri: request.uri,
    from: address('From'),
    to: address('To'),
    headers: Object.fromEntries(request.headers),
    body: request.body.toString('utf8'),
  };
}

function toXmpp(sip: string): string {
  return serialize(messageFromCpim(requestToCpim(parseRequest(Buffer.from(sip, 'utf8'))), { profile: 'extended' }));
}

export const sipKinds: Kinds = {
  'xmpp.message-to-sip': { run: ({ stanza }: { stanza: string }) => toSip(stanza), compare: asPart },
  'sip.message-to-xmpp': { run: ({ sip }: { sip: string }) => toXmpp(sip), compare: asStanza },
};
