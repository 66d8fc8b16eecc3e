import type { Cost, Facts } from '../interaction/interaction.ts';
import { tablePriceFor } from './cost.ts';
import { priceOf, totalOf } from './total.ts';

/** USD. `cacheRead` is a part of `input`, `reasoning` a part of `output`. */
export interface CostParts {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly reasoning?: number;
}

/**
 * What the parts of a cost are, by the price table. Undefined where the table gives another total than the cost: the
 * application has its own prices, or they were different when the call was made.
 */
export function costPartsOf(facts: Facts & { readonly cost?: Cost }): CostParts | undefined {
  const { usage, cost } = facts;
  const price = usage && cost && tablePriceFor(facts);
  if (!price || Math.abs(totalOf(usage, price) - cost.total) > cost.total * 1e-9) return undefined;
  const { inputTokens = 0, cacheReadInputTokens: cached, reasoningOutputTokens: reasoning } = usage;
  const fee = totalOf({}, price);
  const input = totalOf({ ...usage, outputTokens: 0 }, price) - fee;
  const dollars = (tokens: number, tokenPrice: typeof price.input): number =>
    rounded(priceOf(tokens, tokenPrice, inputTokens) / 1e6);
  return {
    input: rounded(input),
    output: rounded(totalOf(usage, price) - fee - input),
    ...(cached && { cacheRead: dollars(Math.min(cached, inputTokens), price.cacheRead ?? price.input) }),
    ...(reasoning && { reasoning: dollars(reasoning, price.output) }),
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
