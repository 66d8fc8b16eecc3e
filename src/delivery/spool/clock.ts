import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Time as the outbox needs it. */
export interface Clock {
  /** ms since 1970, for ages that outlive a boot. It may jump. */
  wall(): number;
  /** ms since some point that all processes of this machine share until its next boot. It never jumps. */
  monotonic(): number;
  /** Under which boot `monotonic` counts. */
  readonly boot: string;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint() / 1_000_000n),
  boot: bootId(),
};

function bootId(): string {
  try {
    return `${hostname()}/${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  } catch {
    // Not Linux. After a reboot the monotonic clock starts again, which makes an old time too far ahead to count.
    return hostname();
  }
}
