import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { messages, model, openScene } from './scene.ts';

const streamed = { model, messages, stream: true as const };

async function read<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const chat = (client: OpenAI) => client.chat.completions;

describe('the usage of a stream', () => {
  it('is unknown where nobody asked for it: neither count nor cost', async () => {
    const { client, recorded } = await openScene();
    await read(await chat(client).create(streamed));
    expect(Object.keys(recorded()).filter((name) => /usage|cost/.test(name))).toEqual([]);
  });

  it('is asked for by us on request, and the extra chunk is kept from the application', async () => {
    const bare = await openScene();
    const expected = await read(await chat(bare.client).create(streamed));
    const { client, recorded, server } = await openScene({ capture: { includeUsage: true } });
    const chunks = await read(await chat(client).create(streamed));
    expect(server.requests[0]?.body).toMatchObject({ stream_options: { include_usage: true } });
    expect(chunks).toHaveLength(expected.length);
    expect(chunks.filter((chunk) => 'usage' in chunk)).toEqual([]);
    expect(chunks.every(({ choices }) => choices.length > 0)).toBe(true);
    expect(recorded()['gen_ai.usage.input_tokens']).toBeGreaterThan(0);
  });

  it('is hidden from tee and from the helper alike, and their answers stay whole', async () => {
    const { client } = await openScene({ capture: { includeUsage: true } });
    const [left, right] = (await chat(client).create(streamed)).tee();
    const both = [await read(left), await read(right)].flat();
    expect(both.every(({ choices }) => choices.length > 0)).toBe(true);
    const { usage, choices } = await chat(client).stream({ model, messages }).finalChatCompletion();
    expect(choices[0]?.message.content).toContain('Say hello');
    expect(usage ?? null).toBeNull();
  });

  it.each([{ include_usage: true }, { include_usage: false }, { include_obfuscation: false }, null])(
    'stays as the application asks for it: %j',
    async (options) => {
      const { client, server } = await openScene({ capture: { includeUsage: true } });
      const chunks = await read(await chat(client).create({ ...streamed, stream_options: options }));
      expect(server.requests[0]?.body).toHaveProperty('stream_options', options);
      expect(chunks.some(({ choices }) => choices.length === 0)).toBe(options?.include_usage === true);
    },
  );

  it('is asked for in former completions, too', async () => {
    const { client, recorded, server } = await openScene({ capture: { includeUsage: true } });
    const chunks = await read(await client.completions.create({ model, prompt: 'Hi', stream: true }));
    expect(server.requests[0]?.body).toMatchObject({ stream_options: { include_usage: true } });
    expect(chunks.every(({ choices }) => choices.length > 0)).toBe(true);
    expect(recorded()['gen_ai.usage.input_tokens']).toBeGreaterThan(0);
  });

  it('does not change the request of the application', async () => {
    const { client } = await openScene({ capture: { includeUsage: true } });
    const mine = Object.freeze({ ...streamed });
    await read(await chat(client).create(mine));
    expect(mine).toEqual(streamed);
  });

  it('is estimated on request, and says so', async () => {
    const { client, recorded } = await openScene({ capture: { estimateUsage: true } });
    await read(await chat(client).create(streamed));
    expect(recorded()).toMatchObject({
      'spanport.usage.estimated': true,
      'gen_ai.usage.input_tokens': 3,
      'spanport.cost.origin': 'estimated',
    });
  });
});

describe('usage', () => {
  it('keeps cached, written, reasoning and audio tokens as parts of their totals', async () => {
    const { client, recorded, server } = await openScene();
    server.reply({
      text: 'Hello',
      usage: {
        inputTokens: 1_000,
        outputTokens: 500,
        cachedTokens: 600,
        cacheWriteTokens: 100,
        reasoningTokens: 300,
        audioInputTokens: 50,
        audioOutputTokens: 40,
      },
    });
    await chat(client).create({ model, messages });
    expect(recorded()).toMatchObject({
      'gen_ai.usage.input_tokens': 1_000,
      'gen_ai.usage.output_tokens': 500,
      'gen_ai.usage.cache_read.input_tokens': 600,
      'gen_ai.usage.cache_write.input_tokens': 100,
      'gen_ai.usage.reasoning.output_tokens': 300,
      'gen_ai.usage.audio.input_tokens': 50,
      'gen_ai.usage.audio.output_tokens': 40,
    });
  });
});

describe('cost', () => {
  const usage = { inputTokens: 1_000_000, outputTokens: 100_000, cachedTokens: 500_000 };

  it('is computed from a table, cached tokens at their own price', async () => {
    const { client, recorded, server } = await openScene();
    server.reply({ text: 'Hello', usage });
    await chat(client).create({ model: 'gpt-4o-mini', messages });
    // 0.15 USD for a million fresh tokens, 0.075 for cached ones, 0.6 for those of the answer.
    expect(recorded()['spanport.cost.total']).toBeCloseTo(0.075 + 0.0375 + 0.06, 6);
    expect(recorded()['spanport.cost.origin']).toBe('computed');
  });

  it('is the application’s own where it gives a price', async () => {
    const prices = { 'house-model': { input: 2, output: 10, cacheRead: 1 } };
    const { client, recorded, server } = await openScene({ capture: { prices } });
    server.reply({ text: 'Hello', usage });
    await chat(client).create({ model: 'house-model', messages });
    expect(recorded()['spanport.cost.total']).toBeCloseTo(1 + 0.5 + 1, 6);
  });

  it.each(['no-such-model', 'ft:gpt-4o-mini:me::abc'])('is absent where the price is unknown: %s', async (unknown) => {
    const { client, recorded } = await openScene();
    await chat(client).create({ model: unknown, messages });
    expect(recorded()['gen_ai.usage.input_tokens']).toBeGreaterThan(0);
    expect(recorded()['spanport.cost.total']).toBeUndefined();
  });
});
