const units: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };

/** A time in microseconds: ISO 8601, Unix milliseconds, or a duration before now. Undefined for anything else. */
export function timeFrom(text: string, nowMillis: number): number | undefined {
  const duration = /^(\d{1,6})([smhd])$/.exec(text);
  const millis = duration
    ? nowMillis - Number(duration[1]) * (units[duration[2] ?? ''] ?? 0)
    : /^\d{1,15}(\.\d+)?$/.test(text)
      ? Number(text)
      : Date.parse(text);
  return Number.isFinite(millis) && millis >= 0
    ? Math.min(Math.round(millis * 1e3), Number.MAX_SAFE_INTEGER)
    : undefined;
}
