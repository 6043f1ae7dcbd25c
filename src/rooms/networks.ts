import type { Reason } from '../cpim/reasons.ts';
import type { Network, Protocol } from '../networks/network.ts';

export type NetworkState = 'up' | 'connecting' | 'down';

interface Attachment {
  readonly id: number;
  readonly name: string;
  readonly protocol: Protocol;
  readonly network: Network;
  state: NetworkState;
  why: Reason | undefined;
  since: number;
}

/** The configured networks, and which of them can be used now. */
export class Networks {
  private readonly byName = new Map<string, Attachment>();
  private readonly ids = new Map<number, Attachment>();
  private readonly waiting = new Map<string, (() => void)[]>();
  private readonly watchers: ((name: string, state: NetworkState) => void)[] = [];

  add(made: { readonly id: number; readonly name: string; readonly protocol: Protocol; readonly network: Network }): void {
    const at: Attachment = { ...made, state: 'connecting', why: undefined, since: Date.now() };
    this.byName.set(made.name, at);
    this.ids.set(made.id, at);
  }

  get(name: string): Attachment {
    const found = this.byName.get(name);
    if (!found) throw new Error(`network ${name} is not configured`);
    return found;
  }

  /** Undefined: there is none of that name. */
  find(name: string): Readonly<Attachment> | undefined {
    return this.byName.get(name);
  }

  /** Undefined: it is no longer configured. */
  byId(id: number): Readonly<Attachment> | undefined {
    return this.ids.get(id);
  }

  all(): IterableIterator<Readonly<Attachment>> {
    return this.byName.values();
  }

  set(name: string, state: NetworkState, why?: Reason): void {
    const at = this.byName.get(name);
    if (!at) return;
    if (at.state !== state) at.since = Date.now();
    at.state = state;
    at.why = why;
    for (const watch of this.watchers) watch(name, state);
    if (state !== 'up') return;
    const waiting = this.waiting.get(name) ?? [];
    this.waiting.delete(name);
    for (const resolve of waiting) resolve();
  }

  watch(watcher: (name: string, state: NetworkState) => void): void {
    this.watchers.push(watcher);
  }

  isUp(name: string): boolean {
    return this.byName.get(name)?.state === 'up';
  }

  /** Resolves when the network is up, at once if it is. */
  up(name: string): Promise<void> {
    if (this.isUp(name)) return Promise.resolve();
    const waiting = this.waiting.get(name) ?? [];
    this.waiting.set(name, waiting);
    return new Promise((resolve) => waiting.push(resolve));
  }
}
