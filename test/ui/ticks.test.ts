import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tickLabel, ticksOf } from '../../src/ui/ticks.ts';

const labels = (from: number, to: number, most?: number): string[] => {
  const ticks = ticksOf(from, to, most);
  return ticks.map((tick) => tickLabel(tick, (ticks[1] ?? to) - (ticks[0] ?? from)));
};

it.each([
  [0, 9_840, 8, ['0 s', '2 s', '4 s', '6 s', '8 s']],
  [0, 1_490, 8, ['0 s', '200 ms', '400 ms', '600 ms', '800 ms', '1 s', '1.20 s', '1.40 s']],
  [0, 1_490, 4, ['0 s', '500 ms', '1 s']],
  [0, 80_000, 4, ['0 s', '20 s', '40 s', '1 m 00 s', '1 m 20 s']],
  [0, 1_084_000, 8, ['0 s', '5 m 00 s', '10 m 00 s', '15 m 00 s']],
  [0, 0.4, 8, ['0 s']],
  [3_370, 3_990, 4, ['3.40 s', '3.60 s', '3.80 s']],
  [61_234, 61_300, 4, ['61.24 s', '61.26 s', '61.28 s', '61.30 s']],
  [5_120, 5_127, 8, ['5.120 s', '5.121 s', '5.122 s', '5.123 s', '5.124 s', '5.125 s', '5.126 s', '5.127 s']],
])('puts round times on an axis from %d ms to %d ms with room for %d', (from, to, most, expected) => {
  expect(labels(from, to, most)).toEqual(expected);
});

it('puts at most one tick more than there is room for, all of them within the axis', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 36_000_000 }),
      fc.integer({ min: 1, max: 36_000_000 }),
      fc.integer({ min: 2, max: 8 }),
      (from, length, most) => {
        const ticks = ticksOf(from, from + length, most);
        expect(ticks.length).toBeLessThanOrEqual(most + 1);
        for (const tick of ticks) expect(tick >= from && tick <= from + length).toBe(true);
      },
    ),
  );
});
