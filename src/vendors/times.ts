/** Unix milliseconds as ISO 8601; undefined when no calendar has them. */
export function isoFrom(millis: number): string | undefined {
  const date = new Date(Math.floor(millis));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** ISO 8601 as Unix milliseconds; undefined when it is no time. */
export function millisOf(value: unknown): number | undefined {
  const millis = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(millis) ? undefined : millis;
}

/** Whole milliseconds between two times, each cut to what {@link isoFrom} writes, so that both tell the same story. */
export function durationOf({
  startTime,
  endTime,
}: {
  readonly startTime: number;
  readonly endTime: number;
}): number | undefined {
  const millis = Math.floor(endTime) - Math.floor(startTime);
  return Number.isFinite(millis) ? millis : undefined;
}
