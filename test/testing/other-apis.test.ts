import OpenAI, { AzureOpenAI, toFile } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';

describe('the other APIs of the fake server', () => {
  let fake: FakeOpenAI;
  let client: OpenAI;
  beforeAll(async () => {
    fake = await startFakeOpenAI();
    client = new OpenAI({ baseURL: fake.baseURL, apiKey: 'any', maxRetries: 0 });
  });
  beforeEach(() => fake.reset());
  afterAll(() => fake.close());

  it('embeds the same in base64 and in numbers', async () => {
    const input = { model: 'text-embedding-3-small', input: ['a', 'b'], dimensions: 40 };
    const packed = await client.embeddings.create(input);
    const plain = await client.embeddings.create({ ...input, encoding_format: 'float' });
    expect(packed.data[1]?.embedding).toHaveLength(40);
    expect(packed.data[1]?.embedding[7]).toBeCloseTo(plain.data[1]?.embedding[7] ?? Number.NaN, 5);
    expect(packed.data[0]?.embedding).not.toEqual(packed.data[1]?.embedding);
  });

  it('completes prompts, plain and streamed', async () => {
    const prompt = { model: 'gpt-3.5-turbo-instruct', prompt: 'Say hello' };
    const whole = await client.completions.create(prompt);
    let streamed = '';
    for await (const chunk of await client.completions.create({ ...prompt, stream: true }))
      streamed += chunk.choices[0]?.text;
    expect(streamed).toBe(whole.choices[0]?.text);
  });

  it('moderates each text', async () => {
    const { results } = await client.moderations.create({ input: ['I will kill it', 'Good morning'] });
    expect(results.map(({ flagged }) => flagged)).toEqual([true, false]);
  });

  it('draws, speaks and listens, and sees files without keeping them', async () => {
    const image = await client.images.generate({ model: 'gpt-image-1', prompt: 'A fox', n: 2 });
    expect(image.data?.map((one) => typeof one.b64_json)).toEqual(['string', 'string']);
    const speech = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello' });
    expect((await speech.arrayBuffer()).byteLength).toBeGreaterThan(100);
    const file = await toFile(Buffer.from('sound'), 'fox.wav');
    const heard = await client.audio.transcriptions.create({ model: 'whisper-1', file });
    expect(heard.text).toContain('fox.wav');
    expect(fake.requests.at(-1)?.body).toMatchObject({ model: 'whisper-1', file: { file: 'fox.wav', bytes: 5 } });
  });

  it('keeps stored completions', async () => {
    const messages = [{ role: 'user' as const, content: 'Keep me' }];
    const { id } = await client.chat.completions.create({ model: 'gpt-4o', messages, store: true });
    const updated = await client.chat.completions.update(id, { metadata: { kept: 'yes' } });
    expect(updated).toMatchObject({ id, metadata: { kept: 'yes' } });
    expect((await client.chat.completions.list()).data.map((one) => one.id)).toEqual([id]);
    expect((await client.chat.completions.messages.list(id)).data[0]?.content).toBe('Keep me');
    await client.chat.completions.delete(id);
    await expect(client.chat.completions.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  it('answers on Azure paths, whose key it forgets too', async () => {
    const azure = new AzureOpenAI({
      endpoint: fake.endpoint,
      apiKey: 'azure-secret',
      apiVersion: '2024-10-21',
      deployment: 'prod',
    });
    const completion = await azure.chat.completions.create({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(completion.choices[0]?.message.content).toContain('Hi');
    expect(fake.requests[0]).toMatchObject({
      path: '/openai/deployments/prod/chat/completions',
      query: { 'api-version': '2024-10-21' },
      hasCredentials: true,
    });
    expect(JSON.stringify(fake.requests)).not.toContain('azure-secret');
  });

  it('answers anything that is scripted raw, known or not', async () => {
    fake.reply({ json: { object: 'list', data: [] } }, { match: 'GET /files' });
    expect((await client.files.list()).data).toEqual([]);
    await expect(client.files.list()).rejects.toThrow('Invalid URL (GET /v1/files)');
  });
});

describe('scripted replies', () => {
  it('go to whom a function chooses, in every API alike', async () => {
    const fake = await startFakeOpenAI();
    const client = new OpenAI({ baseURL: fake.baseURL, apiKey: 'any' });
    fake.reply(({ messages }) => (messages.at(-1)?.text === 'magic' ? 'Abracadabra' : undefined), {
      times: Number.POSITIVE_INFINITY,
    });
    const ask = (content: string) => client.responses.create({ model: 'gpt-4o', input: content });
    expect((await ask('magic')).output_text).toBe('Abracadabra');
    expect((await ask('plain')).output_text).toContain('plain');
    const chat = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'magic' }],
    });
    expect(chat.choices[0]?.message.content).toBe('Abracadabra');
    await fake.close();
  });

  it('can be raw events', async () => {
    const fake = await startFakeOpenAI({
      script: [{ sse: [{ choices: [{ index: 0, delta: { content: 'raw' } }] }, '[DONE]'] }],
    });
    const client = new OpenAI({ baseURL: fake.baseURL, apiKey: 'any' });
    const stream = await client.chat.completions.create({
      model: 'any',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    });
    const seen = [];
    for await (const part of stream) seen.push(part.choices[0]?.delta.content);
    expect(seen).toEqual(['raw']);
    await fake.close();
  });
});
