const units: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };

/** A time in microseconds: ISO 8601, Unix milliseconds, or a duration before now. Undefined for anything else. */
export function timeFrom(text: string, nowMillis: number): number | undefined {
  const duration = /^(\d{1,6})([smhd])$/.exec(text);
  const millis = duration
    ? nowMillis - Number(duration[1]) * (units[duration[2] ?? ''] ?? 0)
    : /^\d{1,15}(\.\d+)?$/.test(text)
      ? Number(text)
      : dateFrom(text);
  return Number.isFinite(millis) && millis >= 0
    ? Math.min(Math.round(millis * 1e3), Number.MAX_SAFE_INTEGER)
    : undefined;
}

/** Strict, because `Date.parse` finds a date in nearly any text and takes a time without a zone as the machine's own. */
function dateFrom(text: string): number {
  const match = /^\d{4}-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?)?$/.exec(text);
  if (!match) return Number.NaN;
  return Date.parse(text.includes('T') && match[1] === undefined ? `${text}Z` : text);
}
