/** Unix milliseconds with a fraction that never go back. Each run has one clock, so that its times are comparable. */
export type Clock = () => number;

export function startClock(): Clock {
  const wall = Date.now();
  const origin = performance.now();
  return () => wall + performance.now() - origin;
}
