import type { Usage } from '../interaction/interaction.ts';
import type { ModelPrice, TieredPrice } from './table.ts';

/**
 * USD for the tokens of one call. Tokens of a kind that has a price of its own (from a cache, into a cache, audio) are
 * taken out of the others of their direction. Fees for tools are in no token price.
 */
export function totalOf(usage: Usage, price: ModelPrice): number {
  const { inputTokens = 0, outputTokens = 0 } = usage;
  const input = parts(inputTokens, price.input, [
    [usage.cacheReadInputTokens, price.cacheRead],
    [usage.cacheWriteInputTokens, price.cacheWrite],
    [usage.audioInputTokens, price.inputAudio],
  ]);
  const output = parts(outputTokens, price.output, [[usage.audioOutputTokens, price.outputAudio]]);
  let total = 0;
  for (const [tokens, each] of [...input, ...output]) total += tokens * rateAt(each, inputTokens);
  return total / 1e6 + (price.requests ? rateAt(price.requests, inputTokens) / 1e3 : 0);
}

type Part = readonly [tokens: number, price: TieredPrice];

function parts(
  all: number,
  base: TieredPrice | undefined,
  special: readonly (readonly [tokens: number | undefined, price: TieredPrice | undefined])[],
): Part[] {
  const found: Part[] = [];
  let left = all;
  for (const [tokens, price] of special) {
    if (!tokens || !price) continue;
    const counted = Math.min(tokens, left);
    found.push([counted, price]);
    left -= counted;
  }
  if (base) found.push([left, base]);
  return found;
}

/** The price of the highest tier that the input reaches: it holds for all tokens of the call. */
function rateAt([base, ...tiers]: TieredPrice, inputTokens: number): number {
  let rate = base;
  for (const [start, price] of tiers) if (inputTokens > start) rate = price;
  return rate;
}
