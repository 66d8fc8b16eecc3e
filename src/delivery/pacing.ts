/**
 * When a destination is sent the next request, as a pure reducer: its state, the events that change it, and what follows
 * from it. All times are in ms of the monotonic clock.
 */

/** This many failures in a row mean that the destination is in trouble; fewer are chance, and delay their own records only. */
const TROUBLE_FAILURES = 3;
/** From this attempt on, a record waits longer than its destination does, so that it does not hold up the others. */
const PATIENT_ATTEMPTS = 3;
const FIRST_BACKOFF_MILLIS = 500;
const MAX_BACKOFF_MILLIS = 60_000;
/** A destination that refuses the key or the URL is tried again after this pause, which doubles each time. */
const FIRST_BLOCKED_MILLIS = 5_000;
const MAX_BLOCKED_MILLIS = 15 * 60_000;
/** A destination that asks for a longer pause is tried again after this one. */
const MAX_RETRY_AFTER_MILLIS = 24 * 60 * 60_000;

export interface Pacing {
  /** Failures in a row. Requests that were under way together count once. */
  readonly failures: number;
  readonly failedAt: number;
  /** No request before this time, by our own choice. A flush ends this pause. */
  readonly pausedUntil: number;
  /** No request before this time: the destination named it. Neither a flush nor a delivered record ends this one. */
  readonly notBefore: number;
  /** How often the destination refused the key or the URL since it last took a record; 0 while it is not blocked. */
  readonly blocks: number;
  /** No request before this time, because it refused the key or the URL. A delivered record ends it, a flush does not. */
  readonly blockedUntil: number;
}

/**
 * - `delivered`: the destination took records, so it accepts the key.
 * - `rejected`: it rejected records, so it works. Whether it accepts the key is not known: it may not have checked it.
 * - `failed`: it did not respond, or requested another attempt. `began`: when the request was sent.
 * - `blocked`: it refused the key or the URL.
 * - `flushed`: the caller wants everything sent now.
 */
export type PacingEvent =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'failed'; readonly began: number; readonly now: number; readonly retryAfterMillis?: number }
  | { readonly kind: 'blocked'; readonly began: number; readonly now: number }
  | { readonly kind: 'flushed' };

export const initialPacing: Pacing = {
  failures: 0,
  failedAt: Number.NEGATIVE_INFINITY,
  pausedUntil: 0,
  notBefore: 0,
  blocks: 0,
  blockedUntil: 0,
};

export function pace(pacing: Pacing, event: PacingEvent, random: () => number = Math.random): Pacing {
  switch (event.kind) {
    case 'delivered':
      if (pacing.failures === 0 && pacing.blocks === 0) return pacing;
      return { ...pacing, failures: 0, blocks: 0, blockedUntil: 0 };
    case 'rejected':
      return pacing.failures === 0 ? pacing : { ...pacing, failures: 0 };
    case 'flushed':
      return { ...pacing, pausedUntil: 0 };
    case 'blocked': {
      const { began, now } = event;
      // As below: requests that were under way together count once.
      if (began < pacing.failedAt) return pacing;
      const blocks = pacing.blocks + 1;
      const pause = backoffMillis(blocks, random, FIRST_BLOCKED_MILLIS, MAX_BLOCKED_MILLIS);
      return { ...pacing, blocks, failedAt: now, blockedUntil: now + pause };
    }
    case 'failed': {
      const { began, now } = event;
      // One outage is one failure, however many requests it hits.
      const isNew = began >= pacing.failedAt;
      const failures = pacing.failures + (isNew ? 1 : 0);
      const isTrouble = failures >= TROUBLE_FAILURES;
      const backoff = isTrouble ? backoffMillis(failures - TROUBLE_FAILURES + 1, random) : 0;
      const named = namedMillis(event.retryAfterMillis);
      return {
        ...pacing,
        failures,
        failedAt: isNew ? now : pacing.failedAt,
        pausedUntil: now + Math.max(backoff, named),
        notBefore: Math.max(pacing.notBefore, now + named),
      };
    }
  }
}

/** How long until the next request is allowed; 0 when it is now. */
export function waitMillis({ pausedUntil, notBefore, blockedUntil }: Pacing, now: number): number {
  return Math.max(0, Math.max(pausedUntil, notBefore, blockedUntil) - now);
}

/** How many requests may be under way: a destination in trouble is tried with one at a time. */
export function maxUnderWay({ failures, blocks }: Pacing, concurrency: number): number {
  return failures >= TROUBLE_FAILURES || blocks > 0 ? 1 : concurrency;
}

/** How long the records of a failed request wait for their next attempt. `attempts`: how often they were tried before. */
export function retryDelayMillis(
  { pausedUntil }: Pacing,
  { attempts, now, retryAfterMillis }: { attempts: number; now: number; retryAfterMillis?: number | undefined },
  random: () => number = Math.random,
): number {
  const pause = Math.max(0, pausedUntil - now);
  const backoff = backoffMillis(attempts + 1, random);
  if (attempts >= PATIENT_ATTEMPTS) return pause + backoff;
  return Math.max(pause, namedMillis(retryAfterMillis) > 0 ? 0 : backoff);
}

/** Doubles with each failure, with full jitter over the upper half. */
export function backoffMillis(
  failures: number,
  random: () => number = Math.random,
  first: number = FIRST_BACKOFF_MILLIS,
  max: number = MAX_BACKOFF_MILLIS,
): number {
  const ceiling = Math.min(max, first * 2 ** Math.max(0, failures - 1));
  return ceiling / 2 + (random() * ceiling) / 2;
}

function namedMillis(retryAfterMillis = 0): number {
  return Math.min(retryAfterMillis, MAX_RETRY_AFTER_MILLIS);
}
