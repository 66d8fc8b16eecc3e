import { expect, it } from 'vitest';
import { costOf } from '../../src/pricing/cost.ts';
import { costPartsOf } from '../../src/pricing/parts.ts';

const usage = {
  inputTokens: 1_912,
  cacheReadInputTokens: 1_024,
  outputTokens: 471,
  reasoningOutputTokens: 384,
};
const facts = { provider: 'openai', requestModel: 'gpt-4o-mini', usage };
const partsOf = (prices: Parameters<typeof costOf>[1], more: object = {}) => {
  const all = { ...facts, ...more };
  const cost = costOf(all, prices);
  return costPartsOf({ ...all, ...(cost && { cost }) });
};

it('splits a cost at 0.15, 0.075 and 0.60 USD a million: cached tokens are input, reasoning is output', () => {
  expect(costOf(facts, {})?.total).toBeCloseTo(0.0004926, 12);
  const parts = partsOf({});
  expect(parts?.input).toBeCloseTo((888 * 0.15 + 1_024 * 0.075) / 1e6, 12);
  expect(parts?.cacheRead).toBeCloseTo((1_024 * 0.075) / 1e6, 12);
  expect(parts?.output).toBeCloseTo((471 * 0.6) / 1e6, 12);
  expect(parts?.reasoning).toBeCloseTo((384 * 0.6) / 1e6, 12);
});

it('has no parts that the usage does not name', () => {
  const parts = partsOf({}, { usage: { inputTokens: 1_000, outputTokens: 0 } });
  expect(parts).toEqual({ input: 0.00015, output: 0 });
});

it('gives no parts where the table gives another total, or none', () => {
  expect(partsOf({ 'gpt-4o-mini': { input: 1, output: 2 } })).toBeUndefined();
  expect(costPartsOf({ ...facts, cost: { total: 0.5, origin: 'provider' } })).toBeUndefined();
  expect(partsOf({}, { requestModel: 'qwen3-32b-own' })).toBeUndefined();
  expect(costPartsOf({ requestModel: 'gpt-4o-mini', cost: { total: 1, origin: 'client' } })).toBeUndefined();
});
