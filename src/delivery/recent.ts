import type { Clock } from './clock.ts';

export interface RecentLimits {
  /** Half of it at the least is remembered. */
  readonly maxWeight: number;
  /** Remembered so long at the least, while the weight allows. Default: for ever. */
  readonly minAgeMillis?: number;
}

/**
 * Remembers what came last. Two generations, of which the older is forgotten whole: to delete the first entry of a large
 * Map again and again takes quadratic time.
 */
export class Recent<Value> {
  readonly #limits: RecentLimits;
  readonly #clock: Clock;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  #youngWeight = 0;
  #youngSince: number;

  constructor(limits: RecentLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#youngSince = clock.monotonic();
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: Value, weight: number): void {
    const { maxWeight, minAgeMillis = Number.POSITIVE_INFINITY } = this.#limits;
    const now = this.#clock.monotonic();
    if (this.#youngWeight >= maxWeight / 2 || now - this.#youngSince > minAgeMillis) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngWeight = 0;
      this.#youngSince = now;
    }
    this.#young.set(key, value);
    this.#youngWeight += weight;
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
