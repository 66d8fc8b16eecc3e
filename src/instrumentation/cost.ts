import type { Cost, Facts, Usage } from '../interaction/interaction.ts';
import { type ModelPrice, PriceTable } from '../pricing/table.ts';
import { totalOf } from '../pricing/total.ts';
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

/** Prices that were looked up: a model's does not change from call to call. */
const known = new Map<string, { readonly price: ModelPrice | undefined; readonly at: number }>();

const prices: { table?: PriceTable } = {};

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
  return price && totalOf(usage, price);
}

function priceFor(model: string, providerId: string): ModelPrice | undefined {
  const key = `${providerId}/${model}`;
  const before = known.get(key);
  if (before && performance.now() - before.at < PRICE_MAX_AGE_MILLIS) return before.price;
  prices.table ??= new PriceTable();
  const price = prices.table.find(providerId, model, Date.now());
  if (known.size >= MAX_PRICES) known.clear();
  known.set(key, { price, at: performance.now() });
  return price;
}
