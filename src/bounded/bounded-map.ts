interface Entry<V> {
  readonly value: V;
  readonly since: number;
}

/** A map that drops its oldest entry when it is full, and every entry that has not been set for a while. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #maxEntries: number;
  readonly #maxAgeMillis: number;
  readonly #now: () => number;

  /** @param now in ms, of a clock that never jumps */
  constructor(maxEntries: number, maxAgeMillis: number, now: () => number = () => performance.now()) {
    this.#maxEntries = maxEntries;
    this.#maxAgeMillis = maxAgeMillis;
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /**
   * Makes the entry the youngest one.
   * @returns the entries that were dropped for it, oldest first
   */
  set(key: string, value: V): readonly V[] {
    this.#entries.delete(key);
    this.#entries.set(key, { value, since: this.#now() });
    return this.expire();
  }

  /** @returns the entries that were too old or too many, oldest first */
  expire(): readonly V[] {
    const dropped: V[] = [];
    const oldest = this.#now() - this.#maxAgeMillis;
    for (const [key, { value, since }] of this.#entries) {
      if (this.#entries.size <= this.#maxEntries && since > oldest) break;
      this.#entries.delete(key);
      dropped.push(value);
    }
    return dropped;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Removes an entry. @returns its value */
  take(key: string): V | undefined {
    const value = this.get(key);
    this.#entries.delete(key);
    return value;
  }

  values(): readonly V[] {
    return Array.from(this.#entries.values(), ({ value }) => value);
  }

  /** Removes all entries. @returns their values, oldest first */
  drain(): readonly V[] {
    const values = this.values();
    this.#entries.clear();
    return values;
  }

  clear(): void {
    this.#entries.clear();
  }
}
