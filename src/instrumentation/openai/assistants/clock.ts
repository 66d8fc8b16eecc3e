/** Unix milliseconds with a fraction, never going back: one for each run, so that all its times compare. */
export type Clock = () => number;

export function startClock(): Clock {
  const wall = Date.now();
  const origin = performance.now();
  return () => wall + performance.now() - origin;
}
