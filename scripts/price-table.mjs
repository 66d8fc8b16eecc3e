/**
 * The price table of `@pydantic/genai-prices` in a compact text, made while building: what a token costs, by provider and
 * model, and nothing else. The package itself is half a megabyte of JavaScript, which takes 45 ms to load.
 *
 * A line that begins with `#` starts a provider: `#id`, what else its name may match, providers to fall back on. Each
 * further line is a model: what its name matches, a tab, and its prices (src/pricing/table.ts reads this).
 */
import { createRequire } from 'node:module';

const { findProvider } = createRequire(import.meta.url)('@pydantic/genai-prices');

/** Every provider of the package, in its order: it exports no list of them. */
export const PROVIDER_IDS =
  'anthropic arcee avian aws azure baseten cerebras cloudflare cohere cursor deepseek doubleword fireworks github-copilot google groq huggingface_cerebras huggingface_fireworks-ai huggingface_groq huggingface_hyperbolic huggingface_nebius huggingface_novita huggingface_nscale huggingface_ovhcloud huggingface_publicai huggingface_sambanova huggingface_together minimax mistral modal moonshotai novita openai openrouter ovhcloud perplexity quicksilverpro together typesafe voyageai x-ai zai zhipuai'.split(
    ' ',
  );

/** Prices in USD per million tokens, in the order of a line, and per thousand requests. */
export const PRICE_KEYS = [
  'input_mtok',
  'output_mtok',
  'cache_read_mtok',
  'cache_write_mtok',
  'input_audio_mtok',
  'output_audio_mtok',
  'requests_kcount',
];

const SIGNS = { equals: '=', starts_with: '^', ends_with: '$', contains: '~', regex: '/' };

export function compactPriceTable(ids = PROVIDER_IDS) {
  const lines = [];
  for (const id of ids) {
    const provider = findProvider({ providerId: id });
    if (!provider) continue;
    const { provider_match, fallback_model_providers = [], models } = provider;
    lines.push(
      `#${provider.id}\t${provider_match ? matchText(provider_match) : ''}\t${fallback_model_providers.join(' ')}`,
    );
    for (const model of models) lines.push(`${matchText(model.match)}\t${pricesText(model.prices)}`);
  }
  return lines.join('\n');
}

/** Alternatives stand with `||` between them; conditions of which all must hold, with `&&`, which binds more tightly. */
function matchText(match) {
  if (match.or) return match.or.map(matchText).join('||');
  if (match.and?.some(({ or }) => or)) throw new Error('The price table cannot hold alternatives within conditions.');
  if (match.and) return match.and.map(matchText).join('&&');
  const [[kind, word]] = Object.entries(match);
  if (/\|\||&&|[\t\n]/.test(word)) throw new Error(`The price table cannot hold the match '${word}'.`);
  return `${SIGNS[kind]}${kind === 'regex' ? word : word.toLowerCase()}`;
}

/** Prices that hold at some times stand with `;` between them, the one that is looked at first being the last. */
function pricesText(prices) {
  if (!Array.isArray(prices)) return priceText(prices);
  return prices.map(({ constraint, prices: each }) => constraintText(constraint) + priceText(each)).join(';');
}

function constraintText(constraint) {
  if (!constraint) return '';
  if (constraint.type === 'start_date') return `@${constraint.start_date} `;
  return `@${constraint.start_time}-${constraint.end_time} `;
}

/** `2.5>271999:5`: 2.5, and 5 for all tokens of a call whose input is longer than 271,999. */
function priceText(price) {
  const texts = PRICE_KEYS.map((key) => {
    const value = price[key];
    if (value === undefined) return '';
    if (typeof value === 'number') return String(value);
    return [value.base, ...value.tiers.map(({ start, price: each }) => `${start}:${each}`)].join('>');
  });
  return texts.join(',').replace(/,+$/, '');
}

/** OpenAI, Azure and all that Azure falls back on: the part of the table that most processes need. */
export function commonProviderIds() {
  const ids = new Set(['openai', 'azure']);
  for (const id of ids)
    for (const other of findProvider({ providerId: id })?.fallback_model_providers ?? []) ids.add(other);
  return PROVIDER_IDS.filter((id) => ids.has(id));
}

/** A plugin of rolldown and of Vite: gives `src/pricing/table-text.ts` and `common-table-text.ts` their texts. */
export function priceTable() {
  const module = (name, text) =>
    `/*! Prices of @pydantic/genai-prices. Copyright Pydantic Services Inc., MIT */\nexport const ${name} = ${JSON.stringify(text)};`;
  return {
    name: 'price-table',
    load(id) {
      const path = id.replaceAll('\\', '/');
      if (path.endsWith('src/pricing/table-text.ts')) return module('priceTableText', compactPriceTable());
      if (path.endsWith('src/pricing/common-table-text.ts'))
        return module('commonTableText', compactPriceTable(commonProviderIds()));
      return null;
    },
  };
}
