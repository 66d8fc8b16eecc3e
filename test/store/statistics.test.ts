import { expect, it } from 'vitest';
import { statisticsOf, summaryOf } from '../../src/store/statistics.ts';
import { chat, hex, LocalStore } from './local-store.ts';

const AT = 1_700_000_000;

function filled(): LocalStore {
  const store = new LocalStore();
  const attributes = { 'gen_ai.prompt.name': 'trip', 'gen_ai.usage.cache_read.input_tokens': 6 };
  store.spans([
    chat({
      trace: 'a',
      span: '1',
      conversation: 'c1',
      user: 'ann',
      cost: 0.25,
      seconds: 1,
      attributes,
      question: 'Lisbon',
    }),
    chat({ trace: 'b', span: '2', conversation: 'c1', user: 'ann', cost: 0.1, seconds: 3, at: AT + 50 }),
    chat({ trace: 'c', span: '3', conversation: 'c2', user: 'ben', seconds: 9, at: AT + 50, error: 'timeout' }),
    chat({ trace: 'd', span: '4', conversation: 'c3', model: 'gpt-5', cost: 1, at: AT + 90, question: 'Porto' }),
  ]);
  store.settle();
  const key = (trace: string, span: string): string => `${hex(trace, 32)}:${hex(span, 16)}`;
  const delivery = { project: 'default', atUs: 1, destination: 'inkeep' };
  store.writer.note([
    { ...delivery, interaction: key('a', '1'), state: 'dead' },
    { ...delivery, interaction: key('b', '2'), state: 'dead' },
    { ...delivery, interaction: key('c', '3'), state: 'retrying', destination: 'requesty' },
  ]);
  return store;
}

it('sums up a list, and counts the conversations that need a person', () => {
  using store = filled();
  expect(summaryOf(store.reader, {})).toEqual({
    conversations: 3,
    interactions: 4,
    tokens: 60,
    cost: 1.35,
    unpriced: 1,
    live: 0,
    action: 0,
    errors: 1,
    dead: 1,
    retrying: 1,
    down: 0,
    isPartial: false,
  });
  expect(summaryOf(store.reader, { q: 'is:error' })).toMatchObject({ conversations: 1, dead: 0, retrying: 1, cost: 0 });
  expect(summaryOf(store.reader, { q: 'Porto' })).toMatchObject({ conversations: 1, cost: 1 });
  expect(store.reader.conversations({ limit: 5 }).items.map(({ prompts }) => prompts)).toEqual([[], [], ['trip']]);
});

it('measures calls over time and by group', () => {
  using store = filled();
  const query = { startUs: AT * 1e6, sinceUs: AT * 1e6, bucketUs: 40e6, buckets: 3, limit: 20, by: 'model' as const };
  const found = statisticsOf(store.reader, query);
  expect(found).toMatchObject({ calls: 4, isPartial: false, inputTokens: [10, 20, 10], outputTokens: [5, 10, 5] });
  expect(found.p50).toEqual([1.5, 3.5, 1.5]);
  expect(found.p95).toEqual([1.5, 9.5, 1.5]);
  expect(found.first).toEqual([null, null, null]);
  expect(found.cachedTokens).toEqual([6, 0, 0]);
  expect(found.groups.map(({ cachedTokens }) => cachedTokens)).toEqual([undefined, 6]);
  expect(found.errors).toEqual([{ error: 'timeout', calls: 1, overTime: [0, 1, 0] }]);
  expect(found.groups).toMatchObject([
    { key: 'gpt-5', calls: 1, cost: 1, callsOverTime: [0, 0, 1] },
    { key: 'gpt-4o', calls: 3, errors: 1, unpriced: 1, cost: 0.35, p50: 3.5, p95: 9.5, costOverTime: [0.25, 0.1, 0] },
  ]);
  expect(statisticsOf(store.reader, { ...query, by: 'user', limit: 1 }).groups).toMatchObject([
    { calls: 1, cost: 1 },
    { others: 2, calls: 3, errors: 1 },
  ]);
  expect(statisticsOf(store.reader, { ...query, by: 'prompt' }).groups.map(({ key }) => key)).toEqual([
    undefined,
    'trip',
  ]);
  expect(statisticsOf(store.reader, { ...query, q: 'user:ben' }).calls).toBe(1);
});
