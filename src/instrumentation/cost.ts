import { createRequire } from 'node:module';
import type { ModelPrice, Usage as PricedUsage } from '@pydantic/genai-prices';
import type { Cost, Facts, Usage } from '../interaction/interaction.ts';
import type { Price } from './capture-options.ts';

/** The price table's names for providers, where they differ from the conventions'. */
const providerIds: Readonly<Record<string, string>> = {
  'azure.ai.openai': 'azure',
  'azure.ai.inference': 'azure',
  mistral_ai: 'mistral',
  moonshot_ai: 'moonshotai',
  x_ai: 'x-ai',
};

const PRICE_MAX_AGE_MILLIS = 60 * 60_000;
const MAX_PRICES = 1_000;

/** What a model costs does not change from call to call; looking it up is dearer than all the rest of a span. */
const found = new Map<string, { readonly price: ModelPrice | undefined; readonly at: number }>();

type Prices = typeof import('@pydantic/genai-prices');
let table: Prices | undefined;

/** The table is half a megabyte of JavaScript: it is loaded by the first call that has something to price. */
function priceTable(): Prices {
  table ??= createRequire(import.meta.url)('@pydantic/genai-prices') as Prices;
  return table;
}

/**
 * USD for the tokens of a call: by the application's own price for the model, else by the table. Undefined where the
 * usage or the price is not known; fees for tools are in no token price.
 */
export function costOf(
  { usage, provider, requestModel, responseModel }: Facts,
  own: Readonly<Record<string, Price>>,
): Cost | undefined {
  if (!usage || (usage.inputTokens === undefined && usage.outputTokens === undefined)) return undefined;
  const model = responseModel ?? requestModel;
  if (model === undefined) return undefined;
  const price = own[model] ?? (requestModel === undefined ? undefined : own[requestModel]);
  const total = price ? byPrice(usage, price) : byTable(usage, model, provider, requestModel);
  return total === undefined || !Number.isFinite(total)
    ? undefined
    : { total: Number(total.toPrecision(12)), origin: usage.estimated ? 'estimated' : 'computed' };
}

function byPrice({ inputTokens = 0, outputTokens = 0, cacheReadInputTokens = 0 }: Usage, price: Price): number {
  const fresh = Math.max(0, inputTokens - cacheReadInputTokens);
  return (
    (fresh * price.input + cacheReadInputTokens * (price.cacheRead ?? price.input) + outputTokens * price.output) / 1e6
  );
}

function byTable(
  usage: Usage,
  model: string,
  provider = 'openai',
  requestModel: string | undefined = undefined,
): number | undefined {
  // `ft:{base}:{org}::{id}`: fine-tuned models have prices of their own, which no table has.
  if (model.startsWith('ft:')) return undefined;
  const providerId = providerIds[provider] ?? provider;
  const price =
    priceFor(model, providerId) ?? (requestModel === undefined ? undefined : priceFor(requestModel, providerId));
  if (!price) return undefined;
  const { input_mtok: input, output_mtok: output = 0, cache_read_mtok: cacheRead = input } = price;
  const isPlain = typeof input === 'number' && typeof output === 'number' && typeof cacheRead === 'number';
  if (isPlain && !usage.cacheWriteInputTokens && !usage.audioInputTokens && !usage.audioOutputTokens) {
    return byPrice(usage, { input, output, cacheRead });
  }
  return priceTable().calcPrice(pricedUsage(usage), model, { providerId })?.total_price;
}

function priceFor(model: string, providerId: string): ModelPrice | undefined {
  const key = `${providerId}/${model}`;
  const known = found.get(key);
  if (known && performance.now() - known.at < PRICE_MAX_AGE_MILLIS) return known.price;
  const price = priceTable().calcPrice({ input_tokens: 1, output_tokens: 1 }, model, { providerId })?.model_price;
  if (found.size >= MAX_PRICES) found.clear();
  found.set(key, { price, at: performance.now() });
  return price;
}

function pricedUsage(usage: Usage): PricedUsage {
  return {
    input_tokens: usage.inputTokens ?? 0,
    output_tokens: usage.outputTokens ?? 0,
    ...(usage.cacheReadInputTokens !== undefined && { cache_read_tokens: usage.cacheReadInputTokens }),
    ...(usage.cacheWriteInputTokens !== undefined && { cache_write_tokens: usage.cacheWriteInputTokens }),
    ...(usage.audioInputTokens !== undefined && { input_audio_tokens: usage.audioInputTokens }),
    ...(usage.audioOutputTokens !== undefined && { output_audio_tokens: usage.audioOutputTokens }),
  };
}
