import { clock, day } from './format.ts';
import { isUtc } from './zone.ts';

export interface Tick {
  readonly at: number;
  /** Of the whole time, from 0 to 1. */
  readonly share: number;
  readonly label: string;
}

const STEPS = [60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 86_400, 172_800, 604_800].map((each) => each * 1_000);

/** At most `most` ticks, at round times of the zone in which times are written. */
export function clockTicks(start: number, length: number, most: number, now: number): Tick[] {
  const step = STEPS.find((each) => length / each <= most) ?? length / most;
  const offset = isUtc.value ? 0 : new Date(start).getTimezoneOffset() * 60_000;
  const ticks: Tick[] = [];
  for (let at = Math.ceil((start - offset) / step) * step + offset; at < start + length; at += step) {
    const label = step >= 86_400_000 ? day(at, now) : clock(at).slice(0, 5);
    ticks.push({ at, share: (at - start) / length, label });
  }
  return ticks;
}
