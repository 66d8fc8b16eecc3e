const MAX_KEYS = 25_000;
const MAX_AGE_MILLIS = 24 * 60 * 60_000;

/**
 * The keys of the last 24 h, 25,000 at the least. Two generations, of which the older is forgotten whole: to delete the
 * first entry of a large Map again and again takes quadratic time.
 */
export class RecentKeys {
  #young = new Set<string>();
  #old = new Set<string>();
  #youngSince = performance.now();

  /** Whether the key is new. */
  add(key: string): boolean {
    if (this.#young.has(key) || this.#old.has(key)) return false;
    if (this.#young.size >= MAX_KEYS || performance.now() - this.#youngSince > MAX_AGE_MILLIS) {
      this.#old = this.#young;
      this.#young = new Set();
      this.#youngSince = performance.now();
    }
    this.#young.add(key);
    return true;
  }
}
