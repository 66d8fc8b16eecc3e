import { expect, it } from 'vitest';
import { BoundedMap } from '../../src/bounded/bounded-map.ts';
import { RecentMap } from '../../src/bounded/recent-map.ts';

it('a bounded map drops the oldest entry when it is full, and says which', () => {
  const map = new BoundedMap<number>(2, 1_000, () => 0);
  expect([map.set('a', 1), map.set('b', 2), map.set('a', 3), map.set('c', 4)]).toEqual([[], [], [], [2]]);
  expect([map.get('a'), map.has('b'), map.take('c'), map.size, map.drain(), map.size]).toEqual([
    3,
    false,
    4,
    1,
    [3],
    0,
  ]);
});

it('a bounded map gives up its oldest entries, and counts those that are not expired', () => {
  let now = 0;
  const map = new BoundedMap<number>(10, 100, () => now);
  for (const value of [1, 2, 3, 4]) {
    map.set(`k${value}`, value);
    now += 20;
  }
  map.set('k1', 5);
  expect(map.takeOldest(2)).toEqual([2, 3]);
  expect(map.values()).toEqual([4, 5]);
  now = 165;
  expect([map.size, map.currentSize]).toEqual([2, 1]);
  expect(map.takeOldest(9)).toEqual([4, 5]);
});

it('a bounded map drops entries that have not been set for a while', () => {
  let now = 0;
  const map = new BoundedMap<number>(10, 1_000, () => now);
  map.set('a', 1);
  now = 600;
  map.set('b', 2);
  now = 1_000;
  expect(map.expire()).toEqual([1]);
  expect(map.values()).toEqual([2]);
});

it('a bounded map does not find an entry that has expired, and passes on what is set in its place', () => {
  let now = 0;
  const map = new BoundedMap<number>(10, 1_000, () => now);
  for (const [index, key] of ['a', 'b', 'c'].entries()) map.set(key, index);
  now = 999;
  expect([map.has('a'), map.get('b')]).toEqual([true, 1]);
  now = 1_000;
  expect([map.has('a'), map.get('a'), map.has('b'), map.get('b')]).toEqual([false, undefined, false, undefined]);
  // Its consumer has resources to release, and an entry that is only renewed stays.
  expect(map.take('c')).toBe(2);
  expect(map.set('a', 7)).toEqual([0, 1]);
  now = 2_000;
  expect(map.set('a', 7)).toEqual([]);
  expect(map.get('a')).toBe(7);
});

it('a recent map keeps at least half of its weight', () => {
  const map = new RecentMap<number>({ maxWeight: 10 }, () => 0);
  for (let each = 0; each < 12; each += 1) map.set(`k${each}`, each);
  const kept = Array.from({ length: 12 }, (_, each) => map.get(`k${each}`)).filter((value) => value !== undefined);
  expect(kept).toEqual([5, 6, 7, 8, 9, 10, 11]);
});

it('a recent map forgets a generation that is old enough, however light it is', () => {
  let now = 0;
  const map = new RecentMap<number>({ maxWeight: 10, minAgeMillis: 1_000 }, () => now);
  map.set('a', 1);
  now = 1_001;
  map.set('b', 2);
  expect([map.get('a'), map.get('b')]).toEqual([1, 2]);
  now = 2_003;
  map.set('c', 3);
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([undefined, 2, 3]);
});
