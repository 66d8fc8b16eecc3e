import { SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { instrumentOpenAI } from '../../src/instrumentation/openai/instrument.ts';
import { addContentReader, contentOf } from '../../src/semconv/span-content.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
let fake: FakeOpenAI;
let openai: OpenAI;
const messages = [{ role: 'user' as const, content: 'Say hello' }];

beforeAll(async () => {
  trace.setGlobalTracerProvider(provider);
  addContentReader();
  fake = await startFakeOpenAI();
  openai = instrumentOpenAI(new OpenAI({ apiKey: 'sk-test', baseURL: fake.baseURL, maxRetries: 0 }));
});
afterEach(() => {
  exporter.reset();
  fake.reset();
});
afterAll(() => fake.close());

const spans = () => exporter.getFinishedSpans();
const only = () => {
  expect(spans()).toHaveLength(1);
  return spans()[0] as (typeof exporter)['_finishedSpans'][number];
};

describe('a chat', () => {
  it('has one span with model, usage, finish reason and id, and its content beside it', async () => {
    fake.reply('Hello!');
    const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages, temperature: 0.2 });
    const span = only();
    expect(span.name).toBe('chat gpt-4o');
    expect(span.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.request.temperature': 0.2,
      'gen_ai.response.id': answer.id,
      'gen_ai.response.model': answer.model,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': answer.usage?.prompt_tokens,
      'server.address': '127.0.0.1',
    });
    expect(JSON.stringify(span.attributes)).not.toContain('Hello!');
    expect(contentOf(span)).toMatchObject({
      inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Say hello' }] }],
      outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: 'Hello!' }], finish_reason: 'stop' }],
    });
  });

  it.each([
    [
      'read to its end',
      async (stream: AsyncIterable<unknown>) => {
        for await (const _ of stream);
      },
      'stop',
    ],
    [
      'left early',
      async (stream: AsyncIterable<unknown>) => {
        for await (const _ of stream) break;
      },
      'error',
    ],
  ])('streams: %s, it has one span', async (_, read, reason) => {
    fake.reply('Hello over there, and more');
    await read(
      await openai.chat.completions.create({
        model: 'gpt-4o',
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    const span = only();
    expect(span.attributes['gen_ai.response.finish_reasons']).toEqual([reason]);
    expect(span.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('works through parse, withResponse, asResponse, the stream helper and tee', async () => {
    await openai.chat.completions.parse({ model: 'gpt-4o', messages });
    const { data, response } = await openai.chat.completions.create({ model: 'gpt-4o', messages }).withResponse();
    expect(data.choices).toHaveLength(1);
    expect(response.status).toBe(200);
    const raw = await openai.chat.completions.create({ model: 'gpt-4o', messages }).asResponse();
    expect(JSON.parse(await raw.text())).toHaveProperty('choices');
    const helper = openai.chat.completions.stream({ model: 'gpt-4o', messages });
    expect(await helper.finalContent()).toBeTruthy();
    const stream = await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
    const [left, right] = stream.tee();
    for await (const _ of left);
    for await (const _ of right);
    expect(spans()).toHaveLength(5);
  });

  it.each([400, 429, 500])('fails as the SDK does on %i, with the error on the span', async (status) => {
    fake.fault({ status });
    await expect(openai.chat.completions.create({ model: 'gpt-4o', messages })).rejects.toMatchObject({ status });
    expect(only().status.code).toBe(SpanStatusCode.ERROR);
    expect(only().attributes['error.type']).toBeTruthy();
  });

  it('ends with an error when the server dies within a stream', async () => {
    fake.reply('one two three four five six seven eight nine ten');
    fake.fault({ resetAfterChunks: 3 });
    const stream = await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
    await expect(async () => {
      for await (const _ of stream);
    }).rejects.toThrow();
    expect(only().status.code).toBe(SpanStatusCode.ERROR);
  });

  it('keeps messages as they were when they were sent', async () => {
    const mine: { role: 'user'; content: string }[] = [{ role: 'user', content: 'before' }];
    const pending = openai.chat.completions.create({ model: 'gpt-4o', messages: mine });
    mine.push({ role: 'user', content: 'after' });
    await pending;
    expect(contentOf(only())?.inputMessages).toHaveLength(1);
  });
});
