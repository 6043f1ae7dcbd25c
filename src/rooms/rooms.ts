import type { EndpointRow } from './room.store.ts';

/** Which endpoints form which rooms, now: what the database says, held for the hot path. */
export class Rooms {
  private readonly endpoints = new Map<number, EndpointRow>();
  private readonly byRoom = new Map<number, EndpointRow[]>();

  add(at: EndpointRow): void {
    this.endpoints.set(at.id, at);
    this.byRoom.set(at.room, this.in(at.room).concat(at));
  }

  remove(at: EndpointRow): void {
    this.endpoints.delete(at.id);
    const rest = this.in(at.room).filter((other) => other.id !== at.id);
    if (rest.length > 0) this.byRoom.set(at.room, rest);
    else this.byRoom.delete(at.room);
  }

  endpoint(id: number): EndpointRow | undefined {
    return this.endpoints.get(id);
  }

  in(room: number): readonly EndpointRow[] {
    return this.byRoom.get(room) ?? [];
  }

  all(): IterableIterator<EndpointRow> {
    return this.endpoints.values();
  }

  /** Those that somebody has linked, or the direct chats. */
  rooms({ direct }: { readonly direct: boolean }): (readonly EndpointRow[])[] {
    return [...this.byRoom.values()].filter((room) => room.some(({ settings }) => settings.direct) === direct);
  }
}
