import { BoundedMap } from '../bounded/bounded-map.ts';

/** From this refusal on, the record is at fault: a destination that changes its keys may refuse a few good records. */
const MAX_REFUSALS = 5;
const MAX_RECORDS = 100;
const MAX_AGE_MILLIS = 24 * 60 * 60_000;

/**
 * Counts how often a destination that accepts other records refused one as if its key were wrong. Firewalls in front of
 * an API answer 403 to content that looks like an attack, and such a record must not hold up all others. A refusal
 * counts only when another record is accepted after it, which shows that the key was right.
 */
export class Refusals {
  readonly #counts: BoundedMap<number>;
  /** Records that were refused since the last one was accepted. */
  readonly #refused = new Set<string>();

  /** @param now in ms, of a clock that never jumps */
  constructor(now: () => number) {
    this.#counts = new BoundedMap(MAX_RECORDS, MAX_AGE_MILLIS, now);
  }

  /** A record was refused in a request of its own. Returns whether it is at fault, and not the key. */
  refused(key: string): boolean {
    if ((this.#counts.get(key) ?? 0) >= MAX_REFUSALS - 1) return true;
    if (this.#refused.size < MAX_RECORDS) this.#refused.add(key);
    return false;
  }

  /** Records were accepted: those that were refused before are counted. */
  accepted(): void {
    for (const key of this.#refused) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#refused.clear();
  }
}
