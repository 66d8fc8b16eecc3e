/** What waiting needs from outside, so that a test can simulate time. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  sleep(millis: number, signal?: AbortSignal): Promise<void>;
}

export interface RateClass {
  readonly requests: number;
  readonly perMillis: number;
}

/** Kore's class for analytics APIs, per bot and rolling (docs-v2: rate-limit.mdx). */
export const analyticsRates: readonly RateClass[] = [
  { requests: 60, perMillis: 60_000 },
  { requests: 1_800, perMillis: 3_600_000 },
];

/** Why the import waits. The reason is a part of a sentence. */
export interface Wait {
  readonly millis: number;
  readonly reason: string;
}

/** Resolves when one more request is within the limits of every class. For one caller at a time. */
export function createRateLimiter(
  rates: readonly RateClass[],
  clock: Clock,
  onWait?: (wait: Wait) => void,
): (signal?: AbortSignal) => Promise<void> {
  const longest = Math.max(0, ...rates.map(({ perMillis }) => perMillis));
  let sent: number[] = [];

  return async (signal) => {
    for (;;) {
      const now = clock.now();
      sent = sent.filter((time) => now - time < longest && time <= now);
      const [rate, free] = latestOf(rates, sent);
      if (!rate || free <= now) break;
      const millis = free - now;
      onWait?.({ millis, reason: `Kore allows ${rate.requests} requests in ${rate.perMillis / 60_000} min` });
      await clock.sleep(millis, signal);
    }
    sent.push(clock.now());
  };
}

/** The class for which the wait is longest, and when it ends. */
function latestOf(
  rates: readonly RateClass[],
  sent: readonly number[],
): readonly [rate: RateClass | undefined, free: number] {
  let latest: readonly [RateClass | undefined, number] = [undefined, 0];
  for (const rate of rates) {
    const free = freeAt(sent, rate);
    if (free > latest[1]) latest = [rate, free];
  }
  return latest;
}

/** When the request that was made `requests` ago has left the class's window. */
function freeAt(sent: readonly number[], { requests, perMillis }: RateClass): number {
  const barrier = sent[sent.length - requests];
  return barrier === undefined ? 0 : barrier + perMillis;
}
