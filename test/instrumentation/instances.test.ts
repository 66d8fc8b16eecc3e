import { metrics, trace } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { instrumentOpenAI } from '../../src/instrumentation/openai/instrument.ts';
import {
  OpenAIInstrumentation,
  type OpenAIInstrumentationConfig,
} from '../../src/instrumentation/openai/openai-instrumentation.ts';
import { traceTool } from '../../src/instrumentation/trace-tool.ts';
import { addContentReader, contentOf } from '../../src/semconv/span-content.ts';
import { startFakeOpenAI } from '../../src/testing.ts';
import { askForWeather, messages, model, weather } from './scene.ts';

const CAPTURE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';

afterEach(() => {
  vi.unstubAllEnvs();
  trace.disable();
  metrics.disable();
});

async function openClient(): Promise<OpenAI> {
  const server = await startFakeOpenAI();
  onTestFinished(() => server.close());
  server.reply('Hello', { times: Number.POSITIVE_INFINITY });
  const client = new OpenAI({ apiKey: 'unused', baseURL: server.baseURL, maxRetries: 0 });
  new OpenAIInstrumentation().disable();
  return instrumentOpenAI(client);
}

/** An application's own tracing. */
function openProvider(): { readonly provider: NodeTracerProvider; readonly exporter: InMemorySpanExporter } {
  const exporter = new InMemorySpanExporter();
  return { exporter, provider: new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }) };
}

/** An instrumentation of the application's, on a provider of its own unless it shares one. */
function openInstance(config: OpenAIInstrumentationConfig = {}, shared = openProvider()) {
  const instrumentation = new OpenAIInstrumentation(config);
  onTestFinished(() => instrumentation.disable());
  instrumentation.setTracerProvider(shared.provider);
  return { instrumentation, ...shared, spans: () => shared.exporter.getFinishedSpans() };
}

describe('two instrumentations', () => {
  it('make one span each on their own providers, with their own settings', async () => {
    const client = await openClient();
    const open = openInstance({ contentOnSpans: true, mask: (text) => text.replaceAll('hello', '[greeting]') });
    const closed = openInstance();
    await client.chat.completions.create({ model, messages });
    expect(open.spans()).toHaveLength(1);
    expect(closed.spans()).toHaveLength(1);
    expect(open.spans()[0]?.attributes['gen_ai.input.messages']).toContain('Say [greeting]');
    expect(closed.spans()[0]?.attributes['gen_ai.input.messages']).toBeUndefined();
  });

  it('make one span together where they share a provider, and both masks run on its text', async () => {
    const client = await openClient();
    const shared = openProvider();
    openInstance({ contentOnSpans: true, mask: (text) => text.replaceAll('Say', '[one]') }, shared);
    openInstance({ mask: (text) => text.replaceAll('hello', '[other]') }, shared);
    await client.chat.completions.create({ model, messages });
    expect(shared.exporter.getFinishedSpans()).toHaveLength(1);
    expect(shared.exporter.getFinishedSpans()[0]?.attributes['gen_ai.input.messages']).toContain('[one] [other]');
  });

  it('both mask the content that is attached to the span for exporters in this process', async () => {
    const client = await openClient();
    onTestFinished(addContentReader());
    const shared = openProvider();
    openInstance({ mask: (text) => text.replaceAll('Say', '[one]') }, shared);
    openInstance({ mask: (text) => text.replaceAll('hello', '[other]') }, shared);
    await client.chat.completions.create({ model, messages });
    const [span] = shared.exporter.getFinishedSpans();
    const mask = (text: string): string => text.replaceAll('[one]', '[read]');
    expect(span && contentOf(span, mask)?.inputMessages).toEqual([
      { role: 'user', parts: [{ type: 'text', content: '[read] [other]' }] },
    ]);
  });

  it('are switched off one by one', async () => {
    const client = await openClient();
    const first = openInstance();
    const second = openInstance();
    first.instrumentation.disable();
    await client.chat.completions.create({ model, messages });
    expect([first.spans().length, second.spans().length]).toEqual([0, 1]);
    first.instrumentation.enable();
    second.instrumentation.disable();
    for await (const _ of await client.chat.completions.create({ model, messages, stream: true }));
    expect([first.spans().length, second.spans().length]).toEqual([1, 1]);
  });

  it('each have the span of a tool below the call that asked for it', async () => {
    await openClient();
    const server = await startFakeOpenAI();
    onTestFinished(() => server.close());
    server.reply(askForWeather);
    const asking = new OpenAI({ apiKey: 'unused', baseURL: server.baseURL, maxRetries: 0 });
    const instances = [openInstance(), openInstance()];
    await asking.chat.completions.create({ model, messages, tools: [weather] });
    expect(await traceTool('get_weather', async (_: { city: string }) => 'sunny')({ city: 'Paris' })).toBe('sunny');
    for (const { spans } of instances) {
      const [chat, tool] = spans();
      expect(tool?.name).toBe('execute_tool get_weather');
      expect(tool?.parentSpanContext?.spanId).toBe(chat?.spanContext().spanId);
    }
  });

  it('hide the usage that one of them asks for, and both see it', async () => {
    const client = await openClient();
    const asks = openInstance({ includeUsage: true });
    const other = openInstance();
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true }))
      chunks.push(chunk);
    expect(chunks.every(({ usage, choices }) => usage === undefined && choices.length > 0)).toBe(true);
    for (const { spans } of [asks, other])
      expect(spans()[0]?.attributes['gen_ai.usage.output_tokens']).toBeGreaterThan(0);
  });

  it('both see the usage of each stream, and hide it, if both ask for it', async () => {
    const client = await openClient();
    const instances = [openInstance({ includeUsage: true }), openInstance({ includeUsage: true })];
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for (let stream = 0; stream < 3; stream += 1) {
      for await (const chunk of await client.chat.completions.create({ model, messages, stream: true }))
        chunks.push(chunk);
    }
    expect(chunks.filter((chunk) => 'usage' in chunk || chunk.choices.length === 0)).toEqual([]);
    for (const { spans } of instances) {
      const usages = spans().map(({ attributes }) => attributes['gen_ai.usage.output_tokens']);
      expect(usages).toEqual([usages[0], usages[0], usages[0]]);
      expect(usages[0]).toBeGreaterThan(0);
    }
  });
});

describe('an instrumentation on its own', () => {
  it('captures content as the environment says, unless its own options say otherwise', async () => {
    vi.stubEnv(CAPTURE, 'SPAN_ONLY');
    const client = await openClient();
    const byEnvironment = openInstance();
    const byOption = openInstance({ contentOnSpans: false });
    await client.chat.completions.create({ model, messages });
    expect(byEnvironment.spans()[0]?.attributes['gen_ai.input.messages']).toContain('Say hello');
    expect(byOption.spans()[0]?.attributes['gen_ai.input.messages']).toBeUndefined();
  });

  it('measures on the meter provider that it is given, and each meter provider counts a call once', async () => {
    const client = await openClient();
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
    const meters = new MeterProvider({ readers: [reader] });
    for (const { instrumentation } of [openInstance(), openInstance()]) instrumentation.setMeterProvider(meters);
    await client.chat.completions.create({ model, messages });
    await reader.forceFlush();
    const found = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
    const duration = found.find(({ descriptor }) => descriptor.name === 'gen_ai.client.inference.duration');
    expect(duration?.dataPoints.map(({ value }) => (value as { count: number }).count)).toEqual([1]);
  });

  it('goes on measuring on the global meter provider where the one that it is given is the no-op one', async () => {
    const client = await openClient();
    const { instrumentation } = openInstance();
    // What `registerInstrumentations` passes while the application has none.
    instrumentation.setMeterProvider(metrics.getMeterProvider());
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    await client.chat.completions.create({ model, messages });
    await reader.forceFlush();
    expect(exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)).toHaveLength(1);
  });

  it('emits events through the logger provider that it is given', async () => {
    const client = await openClient();
    const exporter = new InMemoryLogRecordExporter();
    const { instrumentation } = openInstance({ contentOnEvents: true });
    instrumentation.setLoggerProvider(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }));
    await client.chat.completions.create({ model, messages });
    expect(exporter.getFinishedLogRecords().map(({ eventName }) => eventName)).toEqual([
      'gen_ai.client.inference.operation.details',
    ]);
  });

  it('names events by the operation, as version 0.1.0 of the conventions does', async () => {
    const client = await openClient();
    const exporter = new InMemoryLogRecordExporter();
    const { instrumentation } = openInstance({ contentOnEvents: true });
    instrumentation.setLoggerProvider(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }));
    await client.embeddings.create({ model: 'text-embedding-3-small', input: 'hello' });
    await client.chat.completions.create({ model, messages });
    const failing = new OpenAI({ apiKey: 'k', baseURL: 'http://127.0.0.1:1/v1', maxRetries: 0 });
    await failing.chat.completions.create({ model, messages }).catch(() => {});
    const events = exporter.getFinishedLogRecords().map(({ eventName, severityNumber }) => [eventName, severityNumber]);
    expect(events).toEqual([
      ['gen_ai.client.inference.operation.details', 5],
      ['gen_ai.client.inference.exception', 13],
      ['gen_ai.client.inference.operation.details', 5],
    ]);
  });
});

describe('instrumentOpenAI alone', () => {
  it('records with the settings of the environment until an instrumentation is set up', async () => {
    vi.stubEnv(CAPTURE, 'SPAN_ONLY');
    const client = await openClient();
    const { provider, exporter } = openProvider();
    trace.setGlobalTracerProvider(provider);
    await client.chat.completions.create({ model, messages });
    expect(exporter.getFinishedSpans()).toHaveLength(1);
    expect(exporter.getFinishedSpans()[0]?.attributes['gen_ai.input.messages']).toContain('Say hello');
    const { spans } = openInstance();
    await client.chat.completions.create({ model, messages });
    expect(exporter.getFinishedSpans()).toHaveLength(1);
    expect(spans()).toHaveLength(1);
  });
});
