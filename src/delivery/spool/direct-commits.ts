import type { Clock } from '../clock.ts';
import type { Committed, Settlement } from './outbox-results.ts';
import type { Overflow } from './overflow.ts';
import { isBusy } from './salvage.ts';
import type { Slab } from './slab.ts';
import type { SpoolFile } from './spool-file.ts';

/** The time to wait for the lock is rounded up to this, because setting it costs a statement. */
const BUSY_STEP_MILLIS = 50;
/** After one wait ran out, no call waits for the lock for this long; otherwise every call of the application would. */
const IMPATIENT_MILLIS = 5_000;
const NO_FRAMES = Buffer.alloc(0);

/**
 * Commits on the calling thread, whose connection waits for the lock of the file until a deadline: the application, or
 * the end of its process, waits as well.
 */
export class DirectCommits {
  readonly #file: SpoolFile;
  readonly #overflow: Overflow;
  readonly #clock: Clock;
  #impatientUntil = Number.NEGATIVE_INFINITY;

  constructor(file: SpoolFile, overflow: Overflow, clock: Clock) {
    this.#file = file;
    this.#overflow = overflow;
    this.#clock = clock;
  }

  /**
   * Stores the records of a slab. Returns nothing where the lock was not free in time: they are in the overflow then,
   * which is written without a lock.
   * @throws when the disk does not take them
   */
  store(slab: Slab, end: number, leaseMillis: number): Committed | undefined {
    if (end <= this.#clock.monotonic() && this.#keep(slab)) return undefined;
    try {
      this.#waitUntil(end);
      return this.#file.commit(slab.frames, [], leaseMillis);
    } catch (error) {
      if (isBusy(error) && this.#keep(slab)) return undefined;
      throw error;
    }
  }

  /** Settles records. Those whose outcome cannot be stored are sent again at the next start, with the same keys. */
  settle(settlements: readonly Settlement[], end: number): void {
    if (settlements.length === 0) return;
    try {
      this.#waitUntil(end);
      this.#file.commit(NO_FRAMES, settlements);
    } catch {
      // See above.
    }
  }

  /** How long to wait, for the lock or for the writing thread. */
  restMillis(end: number): number {
    const now = this.#clock.monotonic();
    return now < this.#impatientUntil ? 0 : Math.max(0, end - now);
  }

  #keep(slab: Slab): boolean {
    this.#impatientUntil = this.#clock.monotonic() + IMPATIENT_MILLIS;
    return slab.writeTo(this.#overflow);
  }

  #waitUntil(end: number): void {
    this.#file.setBusyMillis(Math.ceil(this.restMillis(end) / BUSY_STEP_MILLIS) * BUSY_STEP_MILLIS);
  }
}
