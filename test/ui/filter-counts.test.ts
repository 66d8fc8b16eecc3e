import { expect, it, onTestFinished, vi } from 'vitest';
import { api } from '../../src/ui/api.ts';
import { withCounts } from '../../src/ui/parts/filter-counts.ts';

/** Answers `summary` after a turn, and records which filters were counted and how many at a time. */
function countSummaries(): { readonly filters: string[]; most: number } {
  const seen = { filters: [] as string[], most: 0 };
  let underWay = 0;
  const spy = vi.spyOn(api, 'summary').mockImplementation(async (input) => {
    seen.filters.push(String(input?.query?.q));
    underWay += 1;
    seen.most = Math.max(seen.most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return { conversations: seen.filters.length } as Awaited<ReturnType<typeof api.summary>>;
  });
  onTestFinished(() => spy.mockRestore());
  return seen;
}

const completionOf = (key: string, values: readonly string[]) => ({
  heading: `Values of ${key}`,
  from: 0,
  to: key.length + 1,
  items: values.map((value) => ({ text: `${key}:${value}` })),
});
const scope = { since: '24h' };

it('counts one item at a time, and none a second time', async () => {
  const seen = countSummaries();
  const completion = completionOf('delivery', ['dead', 'retrying', 'waiting', 'none']);
  const counted = await withCounts('delivery:', completion, scope, () => true);
  expect(counted.items[0]).toMatchObject({ text: seen.filters[0], count: 1 });
  expect(seen.filters).toEqual(['delivery:dead', 'delivery:retrying', 'delivery:waiting', 'delivery:none']);
  expect(seen.most).toBe(1);
  const { length } = seen.filters;
  expect(await withCounts('delivery:', completion, scope, () => true)).toEqual(counted);
  expect(seen.filters).toHaveLength(length);
});

it('asks no more once the text has changed', async () => {
  const seen = countSummaries();
  const completion = completionOf('is', ['live', 'error', 'action', 'tool']);
  const { items } = await withCounts('is:', completion, scope, () => seen.filters.length < 2);
  expect(seen.filters).toHaveLength(2);
  expect(items.map(({ text }) => text)).toEqual(completion.items.map(({ text }) => text));
});
