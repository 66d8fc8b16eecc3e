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

  /** The number of entries that have not expired. */
  get currentSize(): number {
    let expired = 0;
    for (const entry of this.#entries.values()) {
      if (!this.#isExpired(entry)) break;
      expired += 1;
    }
    return this.#entries.size - expired;
  }

  has(key: string): boolean {
    return this.#current(key) !== undefined;
  }

  get(key: string): V | undefined {
    return this.#current(key)?.value;
  }

  /**
   * Makes the entry the youngest one.
   * @returns the entries that were dropped for it, oldest first: among them an expired one under the same key, unless it
   * has the same value
   */
  set(key: string, value: V): readonly V[] {
    const replaced = this.#entries.get(key);
    const isLeft = replaced !== undefined && replaced.value !== value && this.#isExpired(replaced);
    this.#entries.delete(key);
    this.#entries.set(key, { value, since: this.#now() });
    const dropped = this.expire();
    return isLeft ? [replaced.value, ...dropped] : dropped;
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

  /** Removes this many entries. @returns their values, oldest first */
  takeOldest(count: number): readonly V[] {
    const taken: V[] = [];
    for (const [key, { value }] of this.#entries) {
      if (taken.length >= count) break;
      this.#entries.delete(key);
      taken.push(value);
    }
    return taken;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Removes an entry. @returns its value, also if it has expired and was not dropped yet */
  take(key: string): V | undefined {
    const value = this.#entries.get(key)?.value;
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

  #current(key: string): Entry<V> | undefined {
    const entry = this.#entries.get(key);
    return entry && !this.#isExpired(entry) ? entry : undefined;
  }

  #isExpired({ since }: Entry<V>): boolean {
    return since <= this.#now() - this.#maxAgeMillis;
  }
}
