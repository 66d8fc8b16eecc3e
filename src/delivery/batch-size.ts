/**
 * How many records the next request may carry: half of what was too much, and twice what was accepted, up to the
 * destination's maximum. Pure.
 */
export function sizeAfterAccepted(size: number, accepted: number, max: number): number {
  return Math.min(max, Math.max(size, accepted * 2));
}

export function sizeAfterTooLarge(sent: number): number {
  return Math.max(1, sent >> 1);
}
