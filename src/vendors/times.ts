/** Unix milliseconds as ISO 8601; undefined when they are outside the range of a date. */
export function isoFrom(millis: number): string | undefined {
  const date = new Date(Math.floor(millis));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** ISO 8601 as Unix milliseconds; undefined when it is not a time. */
export function millisOf(value: unknown): number | undefined {
  const millis = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(millis) ? undefined : millis;
}

/** Milliseconds between two times, each rounded down as {@link isoFrom} does, so that times and duration agree. */
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
