/** A percentile that was measured, not interpolated; undefined where nothing was. @param share 0.5 for the median */
export function nearestRank(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
