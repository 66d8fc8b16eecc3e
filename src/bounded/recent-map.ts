export interface RecentLimits {
  /** The map holds at least half of this weight, and at most all of it. */
  readonly maxWeight: number;
  /** Entries are kept at least this long, while the weight allows. Default: forever. */
  readonly minAgeMillis?: number;
}

/**
 * A map that keeps the latest entries, for many of them: it has two generations and forgets the older one as a whole,
 * because deleting the first entry of a large Map again and again takes quadratic time. For few entries, which have to
 * leave one by one, there is `BoundedMap`.
 */
export class RecentMap<Value> {
  readonly #limits: RecentLimits;
  readonly #now: () => number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  #youngWeight = 0;
  #youngSince: number;

  /** @param now in ms, of a clock that never jumps */
  constructor(limits: RecentLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
    this.#youngSince = now();
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: Value, weight = 1): void {
    const { maxWeight, minAgeMillis = Number.POSITIVE_INFINITY } = this.#limits;
    if (this.#youngWeight >= maxWeight / 2 || this.#now() - this.#youngSince > minAgeMillis) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngWeight = 0;
      this.#youngSince = this.#now();
    }
    this.#young.set(key, value);
    this.#youngWeight += weight;
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
