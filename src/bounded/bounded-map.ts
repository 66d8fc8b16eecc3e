/** A map that forgets: the oldest entry when it is full, and every entry that nobody has set for a while. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly since: number }>();
  readonly #maxEntries: number;
  readonly #maxAgeMillis: number;

  constructor(maxEntries: number, maxAgeMillis: number) {
    this.#maxEntries = maxEntries;
    this.#maxAgeMillis = maxAgeMillis;
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
   * @returns what had to leave for it, oldest first
   */
  set(key: string, value: V): readonly V[] {
    this.#entries.delete(key);
    this.#entries.set(key, { value, since: performance.now() });
    return this.expire();
  }

  /** @returns what was too old, or too many, oldest first */
  expire(): readonly V[] {
    const left: V[] = [];
    const oldest = performance.now() - this.#maxAgeMillis;
    for (const [key, { value, since }] of this.#entries) {
      if (this.#entries.size <= this.#maxEntries && since > oldest) break;
      this.#entries.delete(key);
      left.push(value);
    }
    return left;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  values(): readonly V[] {
    return Array.from(this.#entries.values(), ({ value }) => value);
  }

  clear(): void {
    this.#entries.clear();
  }
}
