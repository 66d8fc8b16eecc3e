import { isBusy } from './salvage.ts';
import { BUSY_MILLIS } from './schema.ts';

/** How long one attempt waits for the lock, inside SQLite, where the thread cannot be ended. */
export const ATTEMPT_MILLIS = 200;
/** Between two attempts, because some errors of a busy file come at once. */
const PAUSE_MILLIS = 5;
const NEVER = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * Runs a call of the file, and again as long as another process holds its lock, up to {@link BUSY_MILLIS}. The writing
 * thread waits in several attempts, because the end of the process waits for the one that is under way.
 */
export function untilFree<T>(attempt: () => T, now: () => number = () => performance.now()): T {
  const end = now() + BUSY_MILLIS;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || now() >= end) throw error;
      Atomics.wait(NEVER, 0, 0, PAUSE_MILLIS);
    }
  }
}
