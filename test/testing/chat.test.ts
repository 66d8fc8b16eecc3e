import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const;

describe('chat completions of the fake server', () => {
  let fake: FakeOpenAI;
  let client: OpenAI;
  beforeAll(async () => {
    fake = await startFakeOpenAI({ seed: 'test', now: () => 1_700_000_000_500 });
    client = new OpenAI({ baseURL: fake.baseURL, apiKey: 'sk-secret', maxRetries: 0 });
  });
  beforeEach(() => fake.reset());
  afterAll(() => fake.close());

  const ask = (content: string) => ({ model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content }] });

  it('answers something sensible, with usage, whole seconds and the dated model', async () => {
    const completion = await client.chat.completions.create(ask('Hello there'));
    expect(completion).toMatchObject({
      created: 1_700_000_000,
      model: 'gpt-4o-mini-2024-07-18',
      object: 'chat.completion',
    });
    expect(completion.choices[0]?.message.content).toContain('Hello there');
    expect(completion.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('gives the same answer to the same question', async () => {
    const first = await client.chat.completions.create(ask('Why?'));
    fake.reset();
    expect(await client.chat.completions.create(ask('Why?'))).toEqual(first);
  });

  it('keeps every request, but no credentials', async () => {
    await client.chat.completions.create(ask('Hello'));
    expect(fake.requests).toMatchObject([
      { method: 'POST', path: '/v1/chat/completions', hasCredentials: true, body: ask('Hello') },
    ]);
    expect(JSON.stringify(fake.requests)).not.toContain('sk-secret');
  });

  it('streams usage only when asked', async () => {
    const usages = async (options: object) => {
      const chunks = await client.chat.completions.create({ ...ask('Hello'), stream: true, ...options });
      const seen = [];
      for await (const chunk of chunks) seen.push(chunk.usage);
      return seen;
    };
    expect((await usages({})).every((usage) => usage === undefined)).toBe(true);
    const asked = await usages({ stream_options: { include_usage: true } });
    expect(asked.at(-1)?.total_tokens).toBeGreaterThan(0);
    expect(asked.slice(0, -1).every((usage) => usage === null)).toBe(true);
  });

  it('calls a tool for each place, then answers from the outputs', async () => {
    const question = { ...ask('What is the weather in Paris and London?'), tools: [weather] };
    const asking = await client.chat.completions.create(question);
    const message = asking.choices[0]?.message;
    const calls = message?.tool_calls?.filter((call) => call.type === 'function') ?? [];
    expect(calls.map((call) => call.function.arguments)).toEqual(['{"city":"Paris"}', '{"city":"London"}']);
    const answer = await client.chat.completions.create({
      ...question,
      messages: [
        ...question.messages,
        ...(message ? [message] : []),
        ...calls.map((call) => ({ role: 'tool' as const, tool_call_id: call.id, content: '{"celsius":18}' })),
      ],
    });
    expect(answer.choices[0]?.message.content).toContain('celsius 18');
  });

  it('streams tool calls that the helper puts together again', async () => {
    const stream = client.chat.completions.stream({ ...ask('Weather in Paris and Rome?'), tools: [weather] });
    const calls = (await stream.finalChatCompletion()).choices[0]?.message.tool_calls;
    expect(calls?.map((call) => call.type === 'function' && call.function.arguments)).toEqual([
      '{"city":"Paris"}',
      '{"city":"Rome"}',
    ]);
  });

  it('says what is scripted, in order, then the default', async () => {
    fake.reply('One').reply({ refusal: 'No.', usage: { inputTokens: 5, cachedTokens: 2, outputTokens: 3 } });
    const first = await client.chat.completions.create(ask('a'));
    const second = await client.chat.completions.create(ask('b'));
    const third = await client.chat.completions.create(ask('c'));
    expect(first.choices[0]?.message.content).toBe('One');
    expect(second.choices[0]?.message).toMatchObject({ content: null, refusal: 'No.' });
    expect(second.usage).toMatchObject({
      prompt_tokens: 5,
      completion_tokens: 3,
      prompt_tokens_details: { cached_tokens: 2 },
    });
    expect(third.choices[0]?.message.content).toContain('“c”');
  });
});
