import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Time, as delivery needs it. Tests put in one of their own, in which hours pass at once. */
export interface Clock {
  /** ms since 1970, for ages that outlive a boot. It may jump. */
  wall(): number;
  /** ms since some point that all processes of this machine share until its next boot. It never jumps. */
  monotonic(): number;
  /** Under which boot `monotonic` counts. */
  readonly boot: string;
  /** Runs once after so many ms, until the returned function is called. `isHolding`: the process lives on for it. */
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
    // Somebody waits for it.
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
