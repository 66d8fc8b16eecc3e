import { expect, it } from 'vitest';
import {
  age,
  ago,
  axisDuration,
  bytes,
  clockOrDay,
  count,
  counted,
  dayAndClock,
  duration,
  money,
  UNKNOWN,
} from '../../src/ui/format.ts';

it.each([
  [undefined, UNKNOWN],
  [0, '0.00'],
  [1234.5, '1,234.50'],
  [1, '1.00'],
  [0.99996, '1.00'],
  [0.0099996, '0.0100'],
  [0.0396, '0.0396'],
  [0.01, '0.0100'],
  [0.002524, '0.002524'],
  [0.0000006, '0.000001'],
  [0.0000004, '< 0.000001'],
])('writes %j USD as %s', (value, text) => expect(money(value)).toBe(text));

it.each([
  [undefined, UNKNOWN],
  [0.087, '87 ms'],
  [0.9996, '1.00 s'],
  [2.41, '2.41 s'],
  [9.996, '10.0 s'],
  [38.4, '38.4 s'],
  [59.96, '1 m 00 s'],
  [1084, '18 m 04 s'],
  [3_599.6, '1 h 00 m'],
  [11_220, '3 h 07 m'],
])('writes %j seconds as %s', (seconds, text) => expect(duration(seconds)).toBe(text));

it.each([
  [0, '0 s'],
  [0.2, '200 ms'],
  [2, '2 s'],
  [2.5, '2.50 s'],
  [40, '40 s'],
  [90, '1 m 30 s'],
])('writes %j seconds on an axis as %s', (seconds, text) => expect(axisDuration(seconds)).toBe(text));

it.each([
  [0, 'now'],
  [41, '41 s'],
  [12 * 60 + 5, '12 min'],
  [9 * 3_600 + 5, '9 h'],
])('writes an age of %i seconds as %s', (seconds, text) => {
  const now = Date.UTC(2026, 10, 28, 12);
  expect(age(now - seconds * 1_000, now)).toBe(text);
});

it('writes counts in full and sizes in powers of 1,000', () => {
  expect(count(193_424)).toBe('193,424');
  expect(counted(1, 'turn')).toBe('1 turn');
  expect(counted(30, 'turn')).toBe('30 turns');
  expect([900, 21_118, 84_000, 1_234_567].map(bytes)).toEqual(['900 B', '21.1 kB', '84 kB', '1.2 MB']);
});

it('writes ages with "ago" and moments with their day, as far as they need it', () => {
  const now = new Date(2026, 10, 28, 12).getTime();
  const hour = 3_600_000;
  const ages = [0, 1, 30, 24 * 40].map((hours) => ago(now - hours * hour, now));
  expect(ages).toEqual(['now', '1 h ago', '27 Nov', '19 Oct']);
  expect([1, 30, 54].map((hours) => dayAndClock(now - hours * hour, now))).toEqual([
    'today, 11:00:00',
    'yesterday, 06:00:00',
    '26 Nov, 06:00:00',
  ]);
  expect([1, 30].map((hours) => clockOrDay(now - hours * hour, now))).toEqual(['11:00:00', 'yesterday, 06:00:00']);
});
