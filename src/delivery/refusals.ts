import { BoundedMap } from '../bounded/bounded-map.ts';

/** From this refusal on, the record is at fault: a destination may well refuse a few while it changes its keys. */
const MAX_REFUSALS = 5;
const MAX_RECORDS = 100;
const MAX_AGE_MILLIS = 24 * 60 * 60_000;

/**
 * Counts how often a destination that accepts other records refused one as if its key were wrong. Firewalls in front of
 * an API answer 403 to content that looks like an attack, and such a record must not hold up all others.
 */
export class Refusals {
  readonly #counts: BoundedMap<number>;

  /** @param now in ms, of a clock that never jumps */
  constructor(now: () => number) {
    this.#counts = new BoundedMap(MAX_RECORDS, MAX_AGE_MILLIS, now);
  }

  /** Counts one. Returns whether the record is at fault, and not the key. */
  add(key: string): boolean {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count >= MAX_REFUSALS;
  }
}
