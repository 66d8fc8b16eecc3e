import type { Usage } from '../interaction/interaction.ts';
import type { ModelPrice, TieredPrice } from './table.ts';

/**
 * USD for the tokens of one call. Tokens with their own price (read from a cache, written to a cache, audio) are
 * subtracted from the other tokens of their direction. Fees for tools are not included in token prices. It runs for
 * every call, so it allocates no lists.
 */
export function totalOf(usage: Usage, price: ModelPrice): number {
  const { inputTokens = 0, outputTokens = 0 } = usage;
  const cacheRead = special(usage.cacheReadInputTokens, price.cacheRead, inputTokens);
  const cacheWrite = special(usage.cacheWriteInputTokens, price.cacheWrite, inputTokens - cacheRead);
  const audioIn = special(usage.audioInputTokens, price.inputAudio, inputTokens - cacheRead - cacheWrite);
  const audioOut = special(usage.audioOutputTokens, price.outputAudio, outputTokens);
  const total =
    priceOf(cacheRead, price.cacheRead, inputTokens) +
    priceOf(cacheWrite, price.cacheWrite, inputTokens) +
    priceOf(audioIn, price.inputAudio, inputTokens) +
    priceOf(inputTokens - cacheRead - cacheWrite - audioIn, price.input, inputTokens) +
    priceOf(audioOut, price.outputAudio, inputTokens) +
    priceOf(outputTokens - audioOut, price.output, inputTokens);
  return total / 1e6 + priceOf(1, price.requests, inputTokens) / 1e3;
}

/** How many tokens of a kind are counted apart from the `left` others of their direction. */
function special(tokens: number | undefined, price: TieredPrice | undefined, left: number): number {
  return tokens && price ? Math.min(tokens, left) : 0;
}

/** At the price of the highest tier that the input reaches: it holds for all tokens of the call. */
export function priceOf(tokens: number, price: TieredPrice | undefined, inputTokens: number): number {
  if (!price) return 0;
  let rate = price[0];
  for (let index = 1; index < price.length; index += 1) {
    const tier = price[index] as readonly [start: number, price: number];
    if (inputTokens > tier[0]) rate = tier[1];
  }
  return tokens * rate;
}
