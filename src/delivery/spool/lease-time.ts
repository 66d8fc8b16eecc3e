import { DEFAULT_REQUEST_MILLIS } from '../http/request-time.ts';

/** Bodies wait in memory at most this long before they are sent; older ones are released. */
export const MAX_HELD_MILLIS = 45_000;
/** For the commit of the outcome. */
const SETTLE_MILLIS = 15_000;

/**
 * How long a lease lasts: while it does, no process sends the record again.
 * @param requestMillis the longest time that the requests for a record may take
 */
export function leaseMillisFor(requestMillis: number = DEFAULT_REQUEST_MILLIS): number {
  return MAX_HELD_MILLIS + requestMillis + SETTLE_MILLIS;
}
