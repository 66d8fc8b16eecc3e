import { axisDuration } from './format.ts';

const SECOND = 1_000;
const MINUTES: readonly number[] = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 180, 360, 720, 1_440].map(
  (minutes) => minutes * 60 * SECOND,
);

/** Round times between two times, in milliseconds: at most one more than `most`, and none finer than a millisecond. */
export function ticksOf(from: number, to: number, most = 8): number[] {
  const step = roundStep(Math.max(1, (to - from) / most));
  const ticks: number[] = [];
  for (let index = Math.ceil(from / step); index * step <= to; index += 1) ticks.push(index * step);
  return ticks;
}

function roundStep(least: number): number {
  if (least > 20 * SECOND) return MINUTES.find((each) => each >= least) ?? least;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5].map((factor) => factor * power).find((each) => each >= least) ?? 10 * power;
}

/** A time of an axis, with the digits that tell it from the next one. @param step between the two, in milliseconds */
export function tickLabel(time: number, step: number): string {
  const isFine = time >= SECOND && (step < 10 || (step < SECOND && time >= 10 * SECOND));
  return isFine ? `${(time / SECOND).toFixed(step < 10 ? 3 : 2)} s` : axisDuration(time / SECOND);
}
