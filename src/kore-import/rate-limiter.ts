/** The two things of the outside that waiting needs, so that a test can own time. */
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

/** Resolves when one more request stays inside every class. For one caller at a time. */
export function createRateLimiter(rates: readonly RateClass[], clock: Clock): (signal?: AbortSignal) => Promise<void> {
  const longest = Math.max(0, ...rates.map(({ perMillis }) => perMillis));
  let sent: number[] = [];

  return async (signal) => {
    for (;;) {
      const now = clock.now();
      sent = sent.filter((time) => now - time < longest && time <= now);
      const free = Math.max(now, ...rates.map((rate) => freeAt(sent, rate)));
      if (free <= now) break;
      await clock.sleep(free - now, signal);
    }
    sent.push(clock.now());
  };
}

/** When the request that stands `requests` back has left the class's window. */
function freeAt(sent: readonly number[], { requests, perMillis }: RateClass): number {
  const barrier = sent[sent.length - requests];
  return barrier === undefined ? 0 : barrier + perMillis;
}
