import fc from 'fast-check';
import { expect, it } from 'vitest';
import { momentFrom, splitWindows } from '../../src/kore-import/windows.ts';

const DAY = 86_400_000;

it('cuts any range into windows of 90 days at most, without gap or overlap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 0, max: 2_000 * DAY }), (from, length) => {
      const windows = splitWindows({ from, to: from + length });
      expect(windows[0]?.from).toBe(from);
      expect(windows.at(-1)?.to).toBe(from + length);
      windows.forEach((window, index) => {
        expect(window.to - window.from).toBeLessThan(90 * DAY);
        expect(windows[index + 1]?.from ?? window.to + 1).toBe(window.to + 1);
      });
    }),
  );
});

it.each([
  ['2025-01-31', 'from', '2025-01-31T00:00:00.000Z'],
  ['2025-01-31', 'to', '2025-01-31T23:59:59.999Z'],
  ['2025-01-31T08:00:00', 'to', '2025-01-31T08:00:00.000Z'],
  ['2025-01-31T08:00', 'from', '2025-01-31T08:00:00.000Z'],
  ['2025-01-31T08:00:00.5Z', 'from', '2025-01-31T08:00:00.500Z'],
  ['2025-01-31T08:00:00+02:00', 'from', '2025-01-31T06:00:00.000Z'],
  ['2025-13-31', 'from', undefined],
  ['31.1.2025', 'from', undefined],
  ['', 'from', undefined],
] as const)("reads '%s' as %s", (text, end, moment) => {
  const millis = momentFrom(text, end);
  expect(millis === undefined ? undefined : new Date(millis).toISOString()).toBe(moment);
});
