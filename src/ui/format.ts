/** How figures are written: one rule for each kind, everywhere on the page. Unknown is a dash, never zero. */
import { zone } from './zone.ts';

export const UNKNOWN = '—';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `193,424` */
export function count(value: number | undefined): string {
  return value === undefined ? UNKNOWN : whole.format(value);
}

const amountOf = (digits: number): Intl.NumberFormat =>
  new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const amounts = { 2: amountOf(2), 4: amountOf(4), 6: amountOf(6) };

/**
 * USD without its sign: two decimals from 1 on, four from 0.01, six below, `< 0.000001` below half a micro-dollar. Totals
 * follow the same rule, since a total in cents would hide small calls.
 */
export function money(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  if (value === 0) return '0.00';
  const size = Math.abs(value);
  if (size < 0.0000005) return '< 0.000001';
  // 0.99996 is 1.00 in four decimals.
  const digits = size >= 0.99995 ? 2 : size >= 0.0099995 ? 4 : 6;
  return amounts[digits].format(value);
}

/** `87 ms`, `2.41 s`, `38.4 s`, `18 m 04 s`, `3 h 07 m` */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return UNKNOWN;
  const millis = Math.round(seconds * 1_000);
  if (millis < 1_000) return `${millis} ms`;
  if (millis < 9_995) return `${(millis / 1_000).toFixed(2)} s`;
  if (millis < 59_950) return `${(millis / 1_000).toFixed(1)} s`;
  const total = Math.round(millis / 1_000);
  if (total < 3_600) return `${Math.floor(total / 60)} m ${two(total % 60)} s`;
  const minutes = Math.round(total / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
}

/** `520 ms, 94 chunks`, as far as known. */
export function streamed(timeToFirstChunk: number | undefined, chunks: number | undefined): string {
  const first = timeToFirstChunk === undefined ? '' : duration(timeToFirstChunk);
  return [first, chunks === undefined ? '' : counted(chunks, 'chunk')].filter(Boolean).join(', ');
}

/** On an axis: `0 s`, `200 ms`, `2 s`, `2.50 s` */
export function axisDuration(seconds: number): string {
  return seconds === 0 ? '0 s' : duration(seconds).replace(/\.0+ /, ' ');
}

/** `now`, `41 s`, `12 min`, `9 h`; then the time of day, then the date. */
export function age(time: number | undefined, now: number): string {
  if (time === undefined) return UNKNOWN;
  const seconds = (now - time) / 1_000;
  if (seconds < 5) return 'now';
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 36_000) return `${Math.floor(seconds / 3_600)} h`;
  return dateOf(time) === dateOf(now) ? clock(time).slice(0, 5) : day(time, now);
}

/** `41 s ago`, but `now` and `3 Nov` as they are. */
export function ago(time: number | undefined, now: number): string {
  const text = age(time, now);
  return / (s|min|h)$/.test(text) ? `${text} ago` : text;
}

/** Formatters by their name and zone: making one costs a hundred times what using it does. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatted(name: string, options: Intl.DateTimeFormatOptions, time: number): string {
  // A sender's time can be beyond what a date holds.
  if (Number.isNaN(new Date(time).getTime())) return UNKNOWN;
  const timeZone = zone();
  const key = `${name} ${timeZone}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-GB', { ...options, timeZone });
    formatters.set(key, formatter);
  }
  return formatter.format(time);
}

const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const DAY = { day: 'numeric', month: 'short' } as const;

/** `11:21:40`, in the zone of the viewer. */
export function clock(time: number): string {
  return formatted('clock', CLOCK, time);
}

function dateOf(time: number): string {
  return formatted('date', {}, time);
}

/** `3 Nov`, with the year where it is another one. */
export function day(time: number, now: number): string {
  const isThisYear = dateOf(time).slice(-4) === dateOf(now).slice(-4);
  return isThisYear ? formatted('day', DAY, time) : formatted('year', { ...DAY, year: 'numeric' }, time);
}

/** `today, 11:21:40`, `yesterday, 16:02:11`, `3 Nov, 16:02:11` */
export function dayAndClock(time: number, now: number): string {
  const isOn = (moment: number): boolean => dateOf(time) === dateOf(moment);
  return `${isOn(now) ? 'today' : isOn(now - 86_400_000) ? 'yesterday' : day(time, now)}, ${clock(time)}`;
}

/** `11:21:40` on the same day, else with the day. */
export function clockOrDay(time: number, now: number): string {
  return dayAndClock(time, now).replace('today, ', '');
}

/** The whole moment with milliseconds and zone, for hover and focus. */
export function moment(time: number | undefined): string {
  if (time === undefined) return '';
  const date = formatted('weekday', { ...DAY, weekday: 'short', year: 'numeric' }, time);
  const name = formatted('zone', { hour: 'numeric', timeZoneName: 'short' }, time).split(' ').slice(1).join(' ');
  const millis = String(Math.floor(time % 1_000)).padStart(3, '0');
  return `${date}, ${clock(time)}.${millis} ${name}`;
}

/** `84 kB`, `21.1 kB`, `1.2 MB`; powers of 1,000. */
export function bytes(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  if (value < 1_000) return `${value} B`;
  const [size, unit] = value < 1e6 ? [value / 1e3, 'kB'] : value < 1e9 ? [value / 1e6, 'MB'] : [value / 1e9, 'GB'];
  return `${size >= 100 ? Math.round(size) : Number(size.toFixed(1))} ${unit}`;
}

/** `1 turn`, `30 turns` */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
