import { afterEach, expect, it, vi } from 'vitest';
import { clockTicks } from '../../src/ui/time-ticks.ts';
import { isUtc } from '../../src/ui/zone.ts';

const HOUR = 3_600_000;
const start = Date.UTC(2026, 10, 28, 0, 10);

afterEach(() => {
  isUtc.value = false;
  vi.restoreAllMocks();
});

it('stand at round times of the zone of the viewer, and of UTC once that was chosen', () => {
  // Five and a half hours ahead.
  vi.spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(-330);
  expect(clockTicks(start, 12 * HOUR, 13, start).map(({ at }) => at % HOUR)).toEqual(new Array(12).fill(HOUR / 2));
  isUtc.value = true;
  const ticks = clockTicks(start, 12 * HOUR, 13, start);
  expect(ticks.map(({ label }) => label).slice(0, 3)).toEqual(['01:00', '02:00', '03:00']);
  expect(ticks).toHaveLength(12);
  expect(ticks[0]?.share).toBeCloseTo(50 / 720);
});

it('are at most as many as there is room for', () => {
  for (const most of [2, 4, 8, 13])
    for (const hours of [0.25, 1, 12, 24, 24 * 7, 24 * 30])
      expect(clockTicks(start, hours * HOUR, most, start).length).toBeLessThanOrEqual(most + 1);
});
