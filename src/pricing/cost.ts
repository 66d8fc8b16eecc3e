import type { Cost, Facts, Usage } from '../interaction/interaction.ts';
import { commonTableText } from './common-table-text.ts';
import { type ModelPrice, PriceTable } from './table.ts';
import { totalOf } from './total.ts';

/** USD for a million tokens. */
export interface Price {
  /** US dollars for a million input tokens. */
  readonly input: number;
  /** US dollars for a million output tokens. */
  readonly output: number;
  /** Of input tokens that came from the provider's cache; `input` where it is not given. */
  readonly cacheRead?: number;
}

/** The price table's names for providers, where they differ from the conventions'. */
const providerIds: Readonly<Record<string, string>> = {
  'azure.ai.openai': 'azure',
  'azure.ai.inference': 'azure',
  'gcp.gemini': 'google',
  'gcp.vertex_ai': 'google',
  mistral_ai: 'mistral',
  moonshot_ai: 'moonshotai',
  x_ai: 'x-ai',
};

const PRICE_MAX_AGE_MILLIS = 60 * 60_000;
const MAX_PRICES = 1_000;

interface KnownPrice {
  readonly providerId: string;
  readonly model: string;
  readonly price: ModelPrice | undefined;
  readonly at: number;
}

/** Prices that were looked up: a model's does not change from call to call. */
const known = new Map<string, KnownPrice>();
/** The last of them, since most processes call one model: comparing two names is cheaper than hashing a new text. */
const latest: { price?: KnownPrice } = {};

/** Tables that were read so far: the small one answers for the providers that it has, as the complete one would. */
const tables: { common?: PriceTable; complete?: PriceTable } = {};

/**
 * USD for the tokens of a call: by the application's own price for the model, else by the table. Undefined where the
 * usage or the price is unknown; fees for tools are in no token price.
 */
export function costOf(facts: Facts, own: Readonly<Record<string, Price>>): Cost | undefined {
  const { usage, requestModel, responseModel } = facts;
  if (!usage || (usage.inputTokens === undefined && usage.outputTokens === undefined)) return undefined;
  const price = isEmpty(own) ? undefined : (ownPrice(responseModel, own) ?? ownPrice(requestModel, own));
  const total = price ? byPrice(usage, price) : byTable(usage, facts);
  return total === undefined || !Number.isFinite(total)
    ? undefined
    : { total: Number(total.toPrecision(12)), origin: usage.estimated ? 'estimated' : 'computed' };
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
}

function ownPrice(model: string | undefined, own: Readonly<Record<string, Price>>): Price | undefined {
  return model === undefined ? undefined : (own[model] ?? own[bareName(model)]);
}

/** The model of `maker/model`, as aggregators and local servers name it. */
function bareName(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1);
}

function byPrice({ inputTokens = 0, outputTokens = 0, cacheReadInputTokens = 0 }: Usage, price: Price): number {
  const fresh = Math.max(0, inputTokens - cacheReadInputTokens);
  return (
    (fresh * price.input + cacheReadInputTokens * (price.cacheRead ?? price.input) + outputTokens * price.output) / 1e6
  );
}

function byTable(usage: Usage, facts: Facts): number | undefined {
  const price = tablePriceFor(facts);
  return price && totalOf(usage, price);
}

/** The price of the model that answered, else of the one that was requested. */
export function tablePriceFor(facts: Facts): ModelPrice | undefined {
  const { responseModel, requestModel } = facts;
  if (responseModel !== undefined) {
    if (isInNoTable(responseModel)) return undefined;
    const price = tablePriceOf(responseModel, facts);
    if (price) return price;
  }
  if (requestModel === undefined || isInNoTable(requestModel)) return undefined;
  return tablePriceOf(requestModel, facts);
}

/** `ft:{base}:{org}::{id}` has a price of its own, `{maker}/{model}:free` has none. */
function isInNoTable(model: string): boolean {
  return model.startsWith('ft:') || model.endsWith(':free');
}

/** Under the name that the server has for it; else `maker/model` is `model`, of this provider or of its maker. */
function tablePriceOf(model: string, { provider = 'openai', serverAddress = '' }: Facts): ModelPrice | undefined {
  const id = providerIds[provider] ?? provider;
  const price = priceFor(id, model);
  if (price || !model.includes('/')) return price;
  const aggregator = aggregators.find(([host]) => host.test(serverAddress))?.[1];
  const maker = model.slice(0, model.indexOf('/'));
  return (
    (aggregator === undefined ? undefined : priceFor(aggregator, model)) ??
    priceFor(id, bareName(model)) ??
    priceFor(makerIds[maker] ?? maker, bareName(model))
  );
}

/** Hosts that sell models of many makers at prices of their own, with the table's name for them. */
const aggregators: readonly (readonly [host: RegExp, id: string])[] = [
  [/(^|\.)openrouter\.ai$/, 'openrouter'],
  [/(^|\.)together\.(ai|xyz)$/, 'together'],
  [/(^|\.)fireworks\.ai$/, 'fireworks'],
  [/(^|\.)cerebras\.ai$/, 'cerebras'],
  [/(^|\.)novita\.ai$/, 'novita'],
];

/** The table's names for makers, where `maker/model` has another. */
const makerIds: Readonly<Record<string, string>> = { mistralai: 'mistral', 'deepseek-ai': 'deepseek', xai: 'x-ai' };

function priceFor(providerId: string, model: string): ModelPrice | undefined {
  const now = performance.now();
  const last = latest.price;
  if (last?.model === model && last.providerId === providerId && now - last.at < PRICE_MAX_AGE_MILLIS)
    return last.price;
  const key = `${providerId}/${model}`;
  const before = known.get(key);
  const isKnown = before !== undefined && now - before.at < PRICE_MAX_AGE_MILLIS;
  const found = isKnown
    ? before
    : { providerId, model, price: tableOf(providerId).find(providerId, model, Date.now()), at: now };
  if (!isKnown) {
    if (known.size >= MAX_PRICES) known.clear();
    known.set(key, found);
  }
  latest.price = found;
  return found.price;
}

function tableOf(providerId: string): PriceTable {
  tables.common ??= new PriceTable(commonTableText);
  if (tables.common.has(providerId)) return tables.common;
  tables.complete ??= new PriceTable();
  return tables.complete;
}
