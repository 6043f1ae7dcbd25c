/** A map that is empty nearly always, and then costs nothing: there are several in each of many rooms. */
export class Few<K, V> {
  private held: Map<K, V> | undefined;

  get size(): number {
    return this.held?.size ?? 0;
  }

  has(key: K): boolean {
    return this.held?.has(key) ?? false;
  }

  get(key: K): V | undefined {
    return this.held?.get(key);
  }

  set(key: K, value: V): void {
    this.held ??= new Map();
    this.held.set(key, value);
  }

  delete(key: K): boolean {
    const was = this.held?.delete(key) ?? false;
    if (this.held?.size === 0) this.held = undefined;
    return was;
  }

  clear(): void {
    this.held = undefined;
  }

  keys(): IterableIterator<K> {
    return this.held?.keys() ?? [].values();
  }

  values(): IterableIterator<V> {
    return this.held?.values() ?? [].values();
  }
}

/** A text that was read is a view of the packet it came in, which lives as long as it does: what is kept for long is a copy. */
export function kept(text: string): string {
  return Buffer.from(text).toString();
}
