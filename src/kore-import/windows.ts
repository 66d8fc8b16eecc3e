/** Both ends are inside. Unix milliseconds. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

const DAY_MILLIS = 86_400_000;
/** Kore's limit for one request. */
const MAX_DAYS = 90;

/** A range as windows that Kore accepts, oldest first. They neither overlap nor leave a millisecond between them. */
export function splitWindows({ from, to }: Window): readonly Window[] {
  const windows: Window[] = [];
  for (let start = from; start <= to; start += MAX_DAYS * DAY_MILLIS)
    windows.push({ from: start, to: Math.min(to, start + MAX_DAYS * DAY_MILLIS - 1) });
  return windows;
}

/**
 * A moment as people write it: a bare date is its first millisecond (`from`) or its last one (`to`), a time without a
 * zone is UTC. Undefined when it is not a valid date.
 */
export function momentFrom(text: string, end: keyof Window): number | undefined {
  const written = text.trim();
  if (/^\d{4}-\d{2}-\d{2}$/.test(written)) {
    const midnight = Date.parse(`${written}T00:00:00.000Z`);
    return Number.isNaN(midnight) ? undefined : end === 'from' ? midnight : midnight + DAY_MILLIS - 1;
  }
  const isIso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/.exec(written);
  const moment = isIso ? Date.parse(isIso[3] ? written : `${written}Z`) : Number.NaN;
  return Number.isNaN(moment) ? undefined : moment;
}
