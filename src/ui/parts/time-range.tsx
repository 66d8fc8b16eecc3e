import type { JSX } from 'preact';
import { clock, day } from '../format.ts';
import { address, go, withQuery } from '../router.ts';
import { isPhone } from '../screen.ts';
import { now } from '../time.ts';
import { Menu } from './menu.tsx';

const RANGES: readonly (readonly [since: string, label: string])[] = [
  ['15m', 'Last 15 minutes'],
  ['1h', 'Last hour'],
  ['12h', 'Last 12 hours'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
  ['0', 'All time'],
];

/** The time of the list, in words: `Last 12 hours`, `3 Nov 08:00 to 20:00`. */
export function rangeLabel(since: string, until?: string): string {
  const named = RANGES.find(([each]) => each === since);
  if (named && until === undefined) return named[1];
  const from = momentOf(since);
  const to = until === undefined ? undefined : momentOf(until);
  if (from === undefined) return `Since ${since}`;
  const start = `${day(from, now.value)} ${clock(from).slice(0, 5)}`;
  if (to === undefined) return `Since ${start}`;
  const end = day(to, now.value) === day(from, now.value) ? '' : `${day(to, now.value)} `;
  return `${start} to ${end}${clock(to).slice(0, 5)}`;
}

function momentOf(text: string): number | undefined {
  const millis = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(millis) ? millis : undefined;
}

interface TimeRangeProps {
  readonly since: string;
  readonly fallback: string;
  /** How long the parts are that charts divide it into, such as `2 hours`. */
  readonly each?: string | undefined;
}

export function TimeRange({ since, fallback, each }: TimeRangeProps): JSX.Element {
  const until = address.value.query.get('until') ?? undefined;
  const range = rangeLabel(since, until);
  const label = each ? `${range}, by ${each}` : range;
  return (
    <Menu label={isPhone.value ? range.replace('Last ', '') : label} title={label}>
      {(close) =>
        RANGES.map(([each, label]) => (
          <button
            key={each}
            type="button"
            aria-current={each === since ? 'true' : undefined}
            onClick={() => {
              close();
              go(withQuery({ since: each === fallback ? undefined : each, until: undefined }));
            }}
          >
            {label}
          </button>
        ))
      }
    </Menu>
  );
}
