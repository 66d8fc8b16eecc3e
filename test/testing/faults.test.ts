import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';

describe('faults of the fake server', () => {
  let fake: FakeOpenAI;
  let client: OpenAI;
  beforeAll(async () => {
    fake = await startFakeOpenAI();
    client = new OpenAI({ baseURL: fake.baseURL, apiKey: 'any', maxRetries: 0 });
  });
  beforeEach(() => fake.reset());
  afterAll(() => fake.close());

  const question = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'one two three four five' }] };

  /** How many chunks come before the stream fails, and how. */
  async function readStream(): Promise<{ chunks: number; error: unknown }> {
    let chunks = 0;
    try {
      const stream = await client.chat.completions.create({ ...question, stream: true });
      for await (const _ of stream) chunks += 1;
      return { chunks, error: undefined };
    } catch (error) {
      return { chunks, error };
    }
  }

  it('answers an error once, with its body and Retry-After, then works again', async () => {
    fake.fault({ status: 429, retryAfter: 7, error: { message: 'Slow down' } });
    const error = await client.chat.completions.create(question).catch((caught) => caught);
    expect(error).toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
      message: expect.stringContaining('Slow down'),
    });
    expect(error.headers.get('retry-after')).toBe('7');
    await client.chat.completions.create(question);
  });

  it('strikes so many times, and only where it is meant to', async () => {
    fake.fault({ status: 500, times: 2, match: 'POST /chat/completions' });
    await client.models.list();
    const outcomes = [];
    for (let call = 0; call < 3; call += 1) {
      outcomes.push(
        await client.chat.completions.create(question).then(
          () => 200,
          ({ status }) => status,
        ),
      );
    }
    expect(outcomes).toEqual([500, 500, 200]);
  });

  it('drops the connection after exactly so many chunks', async () => {
    fake.fault({ resetAfterChunks: 3 });
    const { chunks, error } = await readStream();
    expect(chunks).toBe(3);
    expect(error).toBeInstanceOf(Error);
  });

  it('sends an error event in the middle of a stream', async () => {
    fake.fault({ errorEvent: { message: 'Overloaded' }, afterChunks: 2 });
    expect(await readStream()).toMatchObject({ chunks: 2, error: { message: expect.stringContaining('Overloaded') } });
  });

  it('stalls in the middle of a stream, then goes on', async () => {
    fake.fault({ stallMillis: 50, afterChunks: 2 });
    const before = performance.now();
    expect((await readStream()).error).toBeUndefined();
    expect(performance.now() - before).toBeGreaterThan(45);
  });

  it('stalls before the headers until the caller gives up', async () => {
    fake.fault({ stallMillis: Number.POSITIVE_INFINITY });
    await expect(client.chat.completions.create(question, { timeout: 50 })).rejects.toThrow('timed out');
  });

  it.each([
    ['half of the JSON', { malformedJson: true }],
    ['a body that ends too early', { cutAt: 20 }],
    ['no answer at all', { reset: true }],
  ])('gives %s', async (_, fault) => {
    fake.fault(fault);
    await expect(client.chat.completions.create(question)).rejects.toThrow();
  });
});

describe('closing the fake server', () => {
  it('ends open streams and stalled requests, and a second close is harmless', async () => {
    const fake = await startFakeOpenAI({ paceMillis: 10_000 });
    fake.fault({ stallMillis: Number.POSITIVE_INFINITY, match: 'GET /models' });
    const client = new OpenAI({ baseURL: fake.baseURL, apiKey: 'any', maxRetries: 0 });
    const stalled = client.models.list().then(
      () => 'answered',
      () => 'ended',
    );
    const stream = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
    });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    const rest = iterator.next().then(
      () => 'answered',
      () => 'ended',
    );
    await fake.close();
    await fake.close();
    expect([await stalled, await rest]).toEqual(['ended', 'ended']);
  });
});
