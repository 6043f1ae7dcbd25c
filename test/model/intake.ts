import { type Envelope } from '../../src/cpim/envelope.ts';
import type { Endpoint, Host, Inbound } from '../../src/networks/network.ts';
import type { Around } from './network.ts';
import { nativeId } from './network.ts';
import type { Place, PlaceLine, Server } from './place.ts';

interface Reader {
  readonly at: Endpoint;
  readonly place: Place;
  /** The next line of the place to be read. */
  next: number;
}

export interface Wire {
  readonly isOpen: boolean;
  /** Something of ours came back, and is stored. */
  heard(key: string, part: number): void;
}

/** What comes in, on one connection after the other: in order, each batch as often as it takes. */
export class Intake {
  readonly readers = new Map<number, Reader>();
  isStopped = false;
  private readonly server: Server;
  private readonly host: Host;
  private readonly around: Around;
  private readonly wire: Wire;
  private readonly inbox: Inbound[] = [];
  private storing = false;
  private reading = false;

  constructor(server: Server, host: Host, around: Around, wire: Wire) {
    this.server = server;
    this.host = host;
    this.around = around;
    this.wire = wire;
  }

  /** Nothing of what came in waits. */
  get isIdle(): boolean {
    const { server } = this;
    const isRead = [...this.readers.values()].every(({ next, place }) => next >= place.lines.length);
    return this.inbox.length === 0 && (server.traits.wire === 'push' ? server.acknowledged === server.log.length : isRead);
  }

  enter(at: Endpoint, place: Place, next: number): void {
    this.readers.set(at.id, { at, place, next });
    if (place.members.size > 0) this.take([{ kind: 'roster', at, members: [...place.members].map(sender) }]);
    this.news();
  }

  news(): void {
    if (this.reading || !this.wire.isOpen) return;
    this.reading = true;
    // Whoever speaks is not the one who reads.
    void this.around.scheduler.step(`${this.server.name} has news`, this.around.owner).then(() => this.read());
  }

  private async read(): Promise<void> {
    const { scheduler } = this.around;
    while (this.wire.isOpen) {
      const more = this.server.traits.wire === 'push' ? await this.transaction() : this.page();
      if (!more) break;
      await scheduler.step(`${this.server.name} is read`);
    }
    this.reading = false;
  }

  /** On a stream: a few lines of each place, into the inbox. False: there was nothing. */
  private page(): boolean {
    let found = false;
    for (const reader of this.readers.values()) {
      const lines = reader.place.lines.slice(reader.next, reader.next + 1 + this.around.scheduler.chance.below(4));
      reader.next += lines.length;
      found ||= lines.length > 0;
      this.take(lines.flatMap((line) => this.inbound(reader.at, line)));
    }
    return found;
  }

  /** On a push wire: one transaction, with some of the last one again; the same is brought again unless it is acknowledged. */
  private async transaction(): Promise<boolean> {
    const { server } = this;
    const { scheduler } = this.around;
    if (server.acknowledged === server.log.length) return false;
    const from = Math.max(0, server.acknowledged - (scheduler.happens(15) ? 3 : 0));
    const upto = Math.min(server.log.length, server.acknowledged + 1 + scheduler.chance.below(5));
    const events = server.log.slice(from, upto);
    // Between places there is no order.
    if (scheduler.happens(20)) events.sort((a, b) => (a.place.native < b.place.native ? 1 : a.place === b.place ? 0 : -1));
    const batch = events.flatMap(({ place, line }) => {
      const reader = [...this.readers.values()].find((one) => one.place === place);
      return reader ? this.inbound(reader.at, line) : [];
    });
    // A place that is not entered yet: everything is brought again later.
    const isWhole = events.every(({ place }) => [...this.readers.values()].some((one) => one.place === place));
    if (!isWhole || !(await this.accepted(batch))) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return true;
    }
    await scheduler.step('acknowledge');
    if (this.wire.isOpen && !scheduler.happens(5)) server.acknowledged = Math.max(server.acknowledged, upto);
    return true;
  }

  private inbound(at: Endpoint, line: PlaceLine): Inbound[] {
    const ids = [nativeId(line.id)];
    if (line.ours) {
      const { key, part } = line.ours;
      const shown = this.server.traits.wire === 'stream' || this.server.traits.echoes;
      return shown && this.host.isKey(key) ? [{ kind: 'echo', at, key, part, ids }] : [];
    }
    const { said } = line;
    if (!said || line.isForgotten) return [];
    const envelope: Envelope = {
      id: line.id,
      from: { uri: `im:${said.name}@${this.server.name}`, name: said.name },
      to: { uri: at.address.uri },
      time: new Date().toISOString(),
      payload: said.payload,
      ...(said.answers ? { reply: { id: nativeId(said.answers) } } : {}),
      trace: [],
      extensions: [],
      degradations: [],
    };
    return [{ kind: 'event', at, ids, from: sender(said.name), envelope }];
  }

  private take(items: readonly Inbound[]): void {
    this.inbox.push(...items);
    if (!this.storing && this.inbox.length > 0) void this.store();
  }

  /** One batch in flight, tried until it is stored; nothing overtakes it. */
  private async store(): Promise<void> {
    this.storing = true;
    while (this.inbox.length > 0 && !this.isStopped) {
      const batch = this.inbox.slice(0, 500);
      if (await this.accepted(batch)) this.inbox.splice(0, batch.length);
      else await new Promise((resolve) => setTimeout(resolve, 500));
    }
    this.storing = false;
  }

  private async accepted(batch: readonly Inbound[]): Promise<boolean> {
    try {
      const verdicts = await this.host.accept(batch);
      this.around.judge.accepted(batch, verdicts);
    } catch {
      return false;
    }
    for (const one of batch) if (one.kind === 'echo') this.wire.heard(one.key, one.part);
    return true;
  }
}

/** The same person by every name that he bears. */
function sender(name: string) {
  return { key: `key-${name}`, weak: false, name };
}
