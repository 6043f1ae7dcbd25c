import type { Database } from '../db.ts';
import type { Ghost, Network } from '../networks/network.ts';
import { keepGhost } from './ghost.store.ts';
import type { KnownSender } from './sender.store.ts';

/** A network as the book of ghosts needs it. */
export interface GhostHome {
  readonly id: number;
  readonly network: Network;
}

/** Who stands for whom. The rows are the truth; the map spares asking. */
export class Ghosts {
  private readonly db: Database;
  private readonly tenant: number;
  private readonly names: (networkId: number) => string;
  private readonly known = new Map<string, Omit<Ghost, 'name'>>();

  constructor(db: Database, tenant: number, names: (networkId: number) => string) {
    this.db = db;
    this.tenant = tenant;
    this.names = names;
  }

  /** The ghost of a sender on a network, made on first use; shown under `name`. */
  async of(home: GhostHome, sender: KnownSender, name: string): Promise<Ghost> {
    const key = `${home.id} ${sender.id}`;
    const known = this.known.get(key);
    if (known) return { ...known, name };
    const person = {
      network: this.names(sender.networkId),
      key: sender.key,
      weak: sender.weak,
      ...(sender.address ? { address: sender.address } : {}),
    };
    const address = home.network.ghostFor(person);
    const kept = await keepGhost(this.db, { tenant: this.tenant, networkId: home.id, senderId: sender.id, address });
    if (this.known.size >= 100_000) this.known.clear();
    this.known.set(key, kept);
    return { ...kept, name };
  }
}
