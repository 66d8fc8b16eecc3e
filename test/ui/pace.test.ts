import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { atMostEvery } from '../../src/ui/pace.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const WORK_MILLIS = 2_500;

function counted() {
  const counts = { begun: 0, ended: 0 };
  const paced = atMostEvery(1_000, async () => {
    counts.begun += 1;
    await new Promise((resolve) => setTimeout(resolve, WORK_MILLIS));
    counts.ended += 1;
  });
  return { counts, paced };
}

it('lets slow work come to its end, however often it is asked for meanwhile', async () => {
  const { counts, paced } = counted();
  for (let asked = 0; asked < 100; asked += 1) {
    paced.run();
    await vi.advanceTimersByTimeAsync(100);
    expect(counts.begun - counts.ended).toBeLessThan(2);
  }
  expect(counts.ended).toBeGreaterThan(2);
});

it('works once more for what was asked for meanwhile, and not without being asked', async () => {
  const { counts, paced } = counted();
  paced.run();
  await vi.advanceTimersByTimeAsync(100);
  paced.run();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(counts).toEqual({ begun: 2, ended: 2 });
});

it('begins nothing after it was ended', async () => {
  const { counts, paced } = counted();
  paced.run();
  await vi.advanceTimersByTimeAsync(100);
  paced.run();
  paced.cancel();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(counts).toEqual({ begun: 1, ended: 1 });
});
