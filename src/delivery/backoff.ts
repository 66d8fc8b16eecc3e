const FIRST_MILLIS = 500;
const LONGEST_MILLIS = 60_000;

/** How long to wait after so many failures in a row: doubling, with full jitter over the upper half. */
export function backoffMillis(failures: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MILLIS, FIRST_MILLIS * 2 ** Math.max(0, failures - 1));
  return ceiling / 2 + (random() * ceiling) / 2;
}
