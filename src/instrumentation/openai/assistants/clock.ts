/**
 * Unix milliseconds with a fraction that never go back. Each run has one clock, so that its times are comparable.
 * @param at by `performance.now()`; now by default
 */
export type Clock = (at?: number) => number;

export function startClock(): Clock {
  const wall = Date.now();
  const origin = performance.now();
  return (at = performance.now()) => wall + at - origin;
}
