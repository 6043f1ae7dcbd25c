import xml from '@xmpp/xml';
import type { Imdn } from '../../../cpim/notification/imdn.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';

/** What a stanza says became of a message (XEP-0184, XEP-0333). */
export interface Receipt {
  /** Of the stanza that it is about. */
  readonly id: string;
  readonly status: 'delivered' | 'displayed';
}

/** Undefined if it is no receipt. */
export function receiptOf(stanza: El): Receipt | undefined {
  const received = stanza.getChild('received', ns.receipts)?.attrs.id;
  const displayed = stanza.getChild('displayed', ns.chatmarkers)?.attrs.id;
  if (received) return { id: received, status: 'delivered' };
  return displayed ? { id: displayed, status: 'displayed' } : undefined;
}

/** Of a message that went out under an id of its own: that and its time, as RFC 5438 §7.2.1.1 wants them back. */
export function imdnOf({ status }: Receipt, original: Pick<Imdn, 'messageId' | 'datetime'>): Imdn {
  return { ...original, type: status === 'delivered' ? 'delivery' : 'display', status };
}

/** The child of a message stanza that tells an XMPP client; `id` is that of its own stanza. Undefined: XMPP has no word for it. */
export function receiptElement({ status }: Imdn, id: string): El | undefined {
  if (status === 'delivered') return xml('received', { xmlns: ns.receipts, id });
  return status === 'displayed' ? xml('displayed', { xmlns: ns.chatmarkers, id }) : undefined;
}
