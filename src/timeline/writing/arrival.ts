import type { Inbound, Sender } from '../../networks/network.ts';
import type { EndpointRow } from '../../rooms/room.store.ts';
import type { DeliveryId } from '../key.ts';

/** What arrived, with what is known of it without asking the database. */
export interface Arrival {
  readonly networkId: number;
  readonly inbound: Inbound;
  /** The endpoint's row; undefined if it is not in use. */
  readonly at: EndpointRow | undefined;
  /** For an echo: the delivery that its key names. */
  readonly delivery?: DeliveryId | undefined;
}

/** Postgres holds no NUL in a text, and UTF-8 no lone surrogate: names and ids from outside lose them here. */
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}

function storableSender(sender: Sender): Sender {
  const { address } = sender;
  const clean = { ...sender, key: storable(sender.key), name: storable(sender.name) };
  return address ? { ...clean, address: { native: storable(address.native), uri: storable(address.uri) } } : clean;
}

/** The same with every text in it that becomes a column. */
export function storableInbound(inbound: Inbound): Inbound {
  switch (inbound.kind) {
    case 'event':
      return {
        ...inbound,
        from: storableSender(inbound.from),
        ids: inbound.ids.map((id) => ({ ...id, value: storable(id.value) })),
      };
    case 'roster':
      return { ...inbound, members: inbound.members.map(storableSender) };
    case 'echo':
      return { ...inbound, ids: inbound.ids.map((id) => ({ ...id, value: storable(id.value) })) };
    case 'late':
      return inbound;
    case 'malformed':
      return { ...inbound, why: storable(inbound.why) };
  }
}
