/** A map by number that is empty nearly always, and then costs next to nothing: there are several in each of many lanes. */
export class FewMap<V> {
  private held: Map<number, V> | undefined;

  get size(): number {
    return this.held?.size ?? 0;
  }

  has(key: number): boolean {
    return this.held?.has(key) ?? false;
  }

  set(key: number, value: V): void {
    this.held ??= new Map();
    this.held.set(key, value);
  }

  delete(key: number): boolean {
    const was = this.held?.delete(key) ?? false;
    if (this.held?.size === 0) this.held = undefined;
    return was;
  }

  keys(): IterableIterator<number> {
    return this.held?.keys() ?? [].values();
  }

  values(): IterableIterator<V> {
    return this.held?.values() ?? [].values();
  }
}

/** A set of numbers of the same kind. */
export class Few extends FewMap<true> {
  add(key: number): void {
    this.set(key, true);
  }
}
