import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Handle, instrumentOpenAI, OpenAIInstrumentation, recordFeedback, start } from '../../src/index.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';
import { type Sink, startSink } from '../support/vendor-sink.ts';

let fake: FakeOpenAI;
let sink: Sink;
let openai: OpenAI;
let handle: Handle;
let instrumentation: OpenAIInstrumentation;
const exporter = new InMemorySpanExporter();

/** `start()` with a mask, and beside it an instrumentation that the application lists for itself. */
beforeEach(async () => {
  fake = await startFakeOpenAI();
  sink = await startSink();
  openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL }));
  handle = start({
    destinations: [{ name: 'athina', apiKey: 'k', baseUrl: sink.url }],
    mask: (text) => text.replaceAll('Ada', '[name]'),
  });
  instrumentation = new OpenAIInstrumentation();
});
afterEach(async () => {
  instrumentation.disable();
  await handle.shutdown();
  trace.disable();
  exporter.reset();
  await Promise.all([fake.close(), sink.close()]);
});

const chat = () =>
  openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Ada asks' }] });

const recordsOf = async (): Promise<readonly string[]> => {
  await handle.forceFlush();
  return sink.received
    .filter(({ method, path }) => method === 'POST' && path.includes('inference'))
    .map(({ body }) => body);
};

it('keeps the mask of start() for records and for feedback', async () => {
  const { id } = await chat();
  await recordFeedback({ rating: 'negative', comment: 'Ada was here', responseId: id });
  const [record, ...more] = await recordsOf();
  expect(more).toEqual([]);
  expect(record).toContain('[name] asks');
  const [feedback] = sink.received.filter(({ method }) => method === 'PATCH');
  expect(feedback?.body).toContain('[name] was here');
});

it('gives a destination one record of a call, whatever provider the instrumentation has', async () => {
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  instrumentation.setTracerProvider(provider);
  await chat();
  expect(await recordsOf()).toHaveLength(1);
  expect(exporter.getFinishedSpans()).toHaveLength(1);
  trace.setGlobalTracerProvider(provider);
  await chat();
  expect(await recordsOf()).toHaveLength(2);
  expect(exporter.getFinishedSpans()).toHaveLength(2);
});

it('goes on recording for the application when start() is shut down', async () => {
  instrumentation.setTracerProvider(new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  await handle.shutdown();
  await chat();
  expect(exporter.getFinishedSpans()).toHaveLength(1);
  expect(sink.received).toEqual([]);
});
