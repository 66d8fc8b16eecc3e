import type { JSX } from 'preact';
import { clock, counted, day } from '../format.ts';
import { now } from '../time.ts';
import { timeline } from './conversation-list.ts';

const HEIGHT = 28;

/** Interactions per bucket of time, errors red at the foot. Square-root heights, so that one busy minute hides no night. */
export function TimeStrip(): JSX.Element {
  const strip = timeline.value;
  const buckets = strip?.interactions ?? [];
  const most = Math.max(1, ...buckets);
  const height = (value: number): number => (value === 0 ? 0 : Math.max(2, Math.sqrt(value / most) * HEIGHT));
  return (
    <div class="time-strip">
      <div class="bars" aria-hidden="true">
        {buckets.map((value, index) => {
          const errors = strip?.errors[index] ?? 0;
          const at = (strip?.start ?? 0) + index * (strip?.bucketMillis ?? 0);
          return (
            <span
              key={at}
              title={value > 0 ? `${clock(at)}: ${counted(value, 'interaction')}, ${errors} failed` : undefined}
            >
              <i style={{ height: `${height(value)}px` }} />
              {errors > 0 && <b style={{ height: `${Math.min(height(value), height(errors))}px` }} />}
            </span>
          );
        })}
      </div>
      <div class="ticks" aria-hidden="true">
        {strip &&
          ticksOf(strip.start, strip.start + strip.bucketMillis * buckets.length).map(({ at, share, label }) => (
            <span key={at} style={{ left: `${share * 100}%` }}>
              {label}
            </span>
          ))}
      </div>
    </div>
  );
}

interface Tick {
  readonly at: number;
  readonly share: number;
  readonly label: string;
}

const STEPS = [60, 300, 900, 3_600, 10_800, 21_600, 86_400, 604_800].map((seconds) => seconds * 1_000);

/** About twelve moments at round times of the viewer's zone. */
function ticksOf(start: number, end: number): Tick[] {
  const step = STEPS.find((each) => (end - start) / each <= 13) ?? (end - start) / 12;
  const offset = new Date(start).getTimezoneOffset() * 60_000;
  const ticks: Tick[] = [];
  for (let at = Math.ceil((start - offset) / step) * step + offset; at < end; at += step) {
    ticks.push({
      at,
      share: (at - start) / (end - start),
      label: step >= 86_400_000 ? day(at, now.value) : clock(at).slice(0, 5),
    });
  }
  return ticks;
}
