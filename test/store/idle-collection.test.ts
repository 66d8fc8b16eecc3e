import { getHeapStatistics } from 'node:v8';
import { expect, it } from 'vitest';
import { IdleCollection } from '../../src/store/idle-collection.ts';

const megabytes = (): number => getHeapStatistics().total_heap_size / 1e6;

it('gives back what a burst took once the thread is idle, and leaves the process as it was', async () => {
  const collection = new IdleCollection();
  const before = megabytes();
  const burst = Array.from({ length: 400_000 }, (_, index) => ({ index, text: `${index}` }));
  expect(megabytes()).toBeGreaterThan(before + 20);
  burst.length = 0;
  while (megabytes() > before + 15) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    collection.look();
  }
  expect(globalThis).not.toHaveProperty('gc');
});
