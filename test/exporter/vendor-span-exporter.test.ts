import { context, trace } from '@opentelemetry/api';
import { BatchSpanProcessor, InMemorySpanExporter, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AthinaSpanExporter } from '../../src/athina.ts';
import { instrumentOpenAI } from '../../src/index.ts';
import { KoreSpanExporter } from '../../src/kore.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';
import { type Sink, startSink } from '../support/vendor-sink.ts';

let fake: FakeOpenAI;
let sink: Sink;
let openai: OpenAI;

beforeEach(async () => {
  fake = await startFakeOpenAI();
  sink = await startSink();
  openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL }));
});
afterEach(async () => {
  trace.disable();
  context.disable();
  vi.unstubAllEnvs();
  await Promise.all([fake.close(), sink.close()]);
});

const chat = () =>
  openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'planted question' }] });

it('a vendor exporter sends what was said, which no other exporter of the provider sees', async () => {
  const memory = new InMemorySpanExporter();
  const athina = new AthinaSpanExporter({ apiKey: 'k', baseUrl: sink.url });
  const provider = new NodeTracerProvider({
    spanProcessors: [athina, memory].map((each) => new BatchSpanProcessor(each as never)),
  });
  trace.setGlobalTracerProvider(provider);
  await chat();
  provider.getTracer('app').startSpan('a span of no interest').end();
  await provider.forceFlush();
  await athina.forceFlush();
  expect(sink.received.map(({ path }) => path)).toEqual(['/api/v1/log/inference']);
  expect(sink.received[0]?.body).toContain('planted question');
  const spans = memory.getFinishedSpans();
  expect(spans.map(({ name }) => name)).toEqual(['chat gpt-4o-mini', 'a span of no interest']);
  expect(JSON.stringify(spans[0]?.attributes)).not.toContain('planted');
  expect(athina.stats()).toMatchObject({ enqueued: 1, delivered: 1, rejected: 0 });
  await provider.shutdown();
});

describe('a vendor exporter alone', () => {
  it.each([
    ['the option', 'full', { content: 'none' as const }],
    ['SPANPORT_CONTENT', 'athina=none', {}],
  ])('keeps content back by %s', async (_, setting, options) => {
    vi.stubEnv('SPANPORT_CONTENT', setting);
    const athina = new AthinaSpanExporter({ apiKey: 'k', baseUrl: sink.url, ...options });
    const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(athina as never)] });
    trace.setGlobalTracerProvider(provider);
    await chat();
    await provider.shutdown();
    expect(sink.received).toHaveLength(1);
    expect(sink.received[0]?.body).not.toContain('planted');
  });

  it('masks every text', async () => {
    const mask = (text: string): string => text.replaceAll('planted', '***');
    const athina = new AthinaSpanExporter({ apiKey: 'k', baseUrl: sink.url, mask });
    const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(athina as never)] });
    trace.setGlobalTracerProvider(provider);
    await chat();
    await provider.shutdown();
    expect(sink.received[0]?.body).toContain('*** question');
    expect(sink.received[0]?.body).not.toContain('planted');
  });

  it.each([
    [
      'takes its time',
      async () => new Promise<void>((resolve) => setTimeout(resolve, 20)),
      { delivered: 1, rejected: 0 },
    ],
    ['fails', async () => Promise.reject(new Error('no')), { delivered: 0, rejected: 1 }],
    [
      'throws',
      () => {
        throw new Error('no');
      },
      { delivered: 0, rejected: 1 },
    ],
  ])('waits for a function that %s, and counts what became of it', async (_, write, counts) => {
    const kore = new KoreSpanExporter({ output: write as never });
    const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(kore as never)] });
    trace.setGlobalTracerProvider(provider);
    await chat();
    await provider.forceFlush();
    await kore.forceFlush();
    expect(kore.stats()).toMatchObject({ enqueued: 1, ...counts });
    await provider.shutdown();
  });

  it('counts what a function has not taken yet, which the end of the process would lose', async () => {
    let taken = (): void => undefined;
    const output = () =>
      new Promise<void>((resolve) => {
        taken = resolve;
      });
    const kore = new KoreSpanExporter({ output });
    const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(kore as never)] });
    trace.setGlobalTracerProvider(provider);
    await chat();
    await provider.forceFlush();
    await vi.waitFor(() => expect(kore.stats()).toMatchObject({ enqueued: 1, delivered: 0, inMemory: 1 }), 60_000);
    taken();
    await kore.forceFlush();
    expect(kore.stats()).toMatchObject({ delivered: 1, inMemory: 0 });
    await provider.shutdown();
  });
});
