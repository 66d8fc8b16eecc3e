import { calcPrice, findProvider, type MatchLogic } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonProviderIds, PROVIDER_IDS } from '../../scripts/price-table.mjs';
import { commonTableText } from '../../src/pricing/common-table-text.ts';
import { PriceTable } from '../../src/pricing/table.ts';
import { priceTableText } from '../../src/pricing/table-text.ts';
import { totalOf } from '../../src/pricing/total.ts';

const table = new PriceTable();
const providers = PROVIDER_IDS.flatMap((providerId) => findProvider({ providerId }) ?? []);
const models = providers.flatMap((provider) => provider.models.map((model) => [provider.id, model.id] as const));

/** A name that a match takes, where it is not a pattern. */
function nameOf(match: MatchLogic): string | undefined {
  if ('or' in match) return match.or.map(nameOf).find((name) => name !== undefined);
  if ('equals' in match) return match.equals;
  if ('starts_with' in match) return `${match.starts_with}-20260101`;
  if ('contains' in match) return `some/${match.contains}-x`;
  return undefined;
}

function totalByPackage(providerId: string, model: string, usage: Usage, timestamp: Date): number | undefined {
  try {
    return calcPrice(
      {
        input_tokens: usage.inputTokens,
        output_tokens: usage.outputTokens,
        cache_read_tokens: usage.cacheReadInputTokens,
        cache_write_tokens: usage.cacheWriteInputTokens,
      },
      model,
      { providerId, timestamp },
    )?.total_price;
  } catch {
    return undefined;
  }
}

interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheWriteInputTokens: number;
}

const usages = fc
  .tuple(
    fc.nat(600_000),
    fc.nat(50_000),
    fc.double({ min: 0, max: 0.5, noNaN: true }),
    fc.double({ min: 0, max: 0.5, noNaN: true }),
  )
  .map(([inputTokens, outputTokens, read, write]) => ({
    inputTokens,
    outputTokens,
    cacheReadInputTokens: Math.floor(inputTokens * read),
    cacheWriteInputTokens: Math.floor(inputTokens * write),
  }));
const times = fc.date({ min: new Date('2025-01-01'), max: new Date('2027-12-31'), noInvalidDate: true });

describe('the compact price table', () => {
  it('has every provider of the package', () => {
    expect(providers.map(({ id }) => id)).toEqual(PROVIDER_IDS);
    expect(priceTableText.length).toBeLessThan(120_000);
  });

  it('finds a price for each model by its name, as the package does', () => {
    // One reading of the clock: a price may depend on the time.
    const now = new Date();
    for (const provider of providers) {
      for (const { match } of provider.models) {
        const name = nameOf(match);
        if (name === undefined) continue;
        const usage = { inputTokens: 1_000, outputTokens: 1_000, cacheReadInputTokens: 0, cacheWriteInputTokens: 0 };
        const price = table.find(provider.id, name, now.getTime());
        const total = totalByPackage(provider.id, name, usage, now);
        expect(price && totalOf(usage, price), `${provider.id}/${name}`).toBeCloseTo(total ?? Number.NaN, 12);
      }
    }
  });

  it('has a small part that answers as the whole for the providers that it has', () => {
    const common = new PriceTable(commonTableText);
    expect(commonTableText.length).toBeLessThan(20_000);
    expect(PROVIDER_IDS.filter((id) => common.has(id))).toEqual(commonProviderIds());
    for (const id of commonProviderIds())
      for (const [, model] of models)
        expect(common.find(id, model, 0), `${id}/${model}`).toEqual(table.find(id, model, 0));
  });

  it('costs what the package says, whatever the usage and the time', () => {
    fc.assert(
      fc.property(fc.constantFrom(...models), usages, times, ([provider, model], usage, time) => {
        const total = totalByPackage(provider, model, usage, time);
        fc.pre(total !== undefined);
        const price = table.find(provider, model, time.getTime());
        expect(price && totalOf(usage, price)).toBeCloseTo(total ?? Number.NaN, 9);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each(['gpt-4o-mini', 'gpt-4o-mini-2024-07-18', 'text-embedding-3-small', 'no-such-model'])(
    'finds %s at Azure as at OpenAI, or neither',
    (model) => {
      expect(table.find('azure', model, 0)).toEqual(table.find('openai', model, 0));
    },
  );

  it('prices audio by its own price, and by the text price where there is none', () => {
    const usage = { inputTokens: 100, outputTokens: 50, audioInputTokens: 40, audioOutputTokens: 50 };
    const price = { input: [1], output: [2], inputAudio: [10], outputAudio: [20] } as const;
    expect(totalOf(usage, price)).toBeCloseTo((60 * 1 + 40 * 10 + 50 * 20) / 1e6, 15);
    expect(totalOf(usage, { input: [1], output: [2] })).toBeCloseTo((100 * 1 + 50 * 2) / 1e6, 15);
  });

  it('takes the price of a long input for all tokens of the call', () => {
    const price = { input: [1, [1_000, 5]], output: [2, [1_000, 7]] } as const;
    expect(totalOf({ inputTokens: 1_000, outputTokens: 10 }, price)).toBeCloseTo((1_000 + 20) / 1e6, 15);
    expect(totalOf({ inputTokens: 1_001, outputTokens: 10 }, price)).toBeCloseTo((5_005 + 70) / 1e6, 15);
  });
});
