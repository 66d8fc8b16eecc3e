import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** The clock of delivery. Tests replace it with one in which hours pass at once. */
export interface Clock {
  /** ms since 1970, for ages that outlive a boot. It may jump. */
  wall(): number;
  /** ms since some point that all processes of this machine share until its next boot. It never jumps. */
  monotonic(): number;
  /** The boot from which `monotonic` counts. */
  readonly boot: string;
  /** Runs once after this many ms, unless the returned function is called before. `isHolding`: keeps the process alive. */
  after(millis: number, run: () => void, isHolding?: boolean): () => void;
}

/** `performance.now()` counts from the start of the process, the system's clock from its boot. */
const origin = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => origin + performance.now(),
  boot: bootId(),
  after(millis, run, isHolding = false): () => void {
    const timer = setTimeout(run, millis);
    if (!isHolding) timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves with the work, or after the time. */
export async function within(clock: Clock, millis: number, work: Promise<unknown>): Promise<void> {
  let cancel = (): void => {};
  const timeout = new Promise<void>((resolve) => {
    // The caller waits for it, so the process must not end before.
    cancel = clock.after(millis, resolve, true);
  });
  await Promise.race([work, timeout]).finally(() => cancel());
}

function bootId(): string {
  try {
    return `${hostname()}/${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  } catch {
    // Not Linux. After a reboot the monotonic clock starts again, which makes an old time too far ahead to count.
    return hostname();
  }
}
