import type { KnownSender } from '../../identity/sender.store.ts';
import type { Sender } from '../../networks/network.ts';

const KEPT = 100_000;

/** Who has said something: his row need not be read again as long as he is called the same. */
export class KnownSenders {
  private readonly senders = new Map<string, KnownSender>();

  add(senders: Iterable<KnownSender>): void {
    if (this.senders.size > KEPT) this.senders.clear();
    for (const sender of senders) this.senders.set(`${sender.networkId} ${sender.key}`, sender);
  }

  find(networkId: number, sender: Sender): KnownSender | undefined {
    const known = this.senders.get(`${networkId} ${sender.key}`);
    return known && known.name === sender.name && known.address?.native === sender.address?.native ? known : undefined;
  }
}
