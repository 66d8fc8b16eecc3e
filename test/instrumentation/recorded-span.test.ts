import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { expect, it, vi } from 'vitest';
import { type EndedSpan, noStats } from '../../src/exporter/destination.ts';
import { openPipeline } from '../../src/exporter/pipeline.ts';
import { createRecorder } from '../../src/instrumentation/recorder.ts';
import type { Ending, Start } from '../../src/instrumentation/recording.ts';
import type { OwnProvider } from '../../src/instrumentation/tracer.ts';
import { encodeSpan } from '../../src/otlp/write-protobuf.ts';
import { RecordedSpan } from '../../src/semconv/recorded-span.ts';
import type { ReadableSpanLike } from '../../src/semconv/span-data.ts';
import { OwnTracerProvider } from '../../src/start/provider.ts';

const start: Start = {
  name: 'chat gpt-4o-mini',
  kind: SpanKind.CLIENT,
  facts: { operation: 'chat', provider: 'openai', requestModel: 'gpt-4o-mini', parameters: { temperature: 0.5 } },
  attributes: { 'app.start': 1 },
  startTime: 1_700_000_000_123.5,
  parent: ROOT_CONTEXT,
};
const ending: Ending = {
  name: 'chat other',
  facts: { responseId: 'chatcmpl-1', usage: { inputTokens: 10, outputTokens: 2 }, tags: ['a', 'b'] },
  attributes: { 'app.end': 'x' },
  endTime: 1_700_000_001_456.25,
  isCut: true,
};

function ownProvider(environment: Record<string, string> = {}): OwnTracerProvider {
  return new OwnTracerProvider(
    { serviceName: 'shop', onForeignSpan: () => {}, onForeignTracer: () => {} },
    environment,
  );
}

function record(provider: OwnProvider): ReadableSpanLike | undefined {
  const recorder = createRecorder();
  recorder.setTracerProvider(provider);
  const recording = recorder.start(start);
  recording?.end(ending);
  return recording?.read();
}

/** What every span has of its own. */
function withoutIds(span: ReadableSpanLike | undefined): unknown {
  const { name, kind, startTime, endTime, attributes, status, events, links } = span ?? {};
  return { name, kind, startTime, endTime, attributes, status, events, links };
}

it('is read like the span that the SDK makes of the same call', () => {
  const ours = record(ownProvider());
  const theirs = record(ownProvider({ OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '128' }));
  expect(ours).toBeInstanceOf(RecordedSpan);
  expect(theirs).not.toBeInstanceOf(RecordedSpan);
  expect(withoutIds(ours)).toEqual(withoutIds(theirs));
  expect(ours?.spanContext()).toEqual({
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
    traceFlags: 1,
  });
  expect(ours?.resource.attributes).toEqual(theirs?.resource.attributes);
  expect(ours?.instrumentationScope).toMatchObject({ name: theirs?.instrumentationScope?.name });
});

it('has the time of the call where neither start nor end name one', () => {
  const recorder = createRecorder();
  recorder.setTracerProvider(ownProvider());
  const before = Date.now();
  const { startTime: _, ...now } = start;
  const recording = recorder.start(now);
  recording?.end({});
  const span = recording?.read();
  const millis = ([seconds, nanoseconds]: readonly [number, number] = [0, 0]) => seconds * 1e3 + nanoseconds / 1e6;
  expect(millis(span?.startTime)).toBeGreaterThan(before - 2);
  expect(millis(span?.endTime)).toBeGreaterThanOrEqual(millis(span?.startTime));
  expect(millis(span?.endTime)).toBeLessThan(Date.now() + 2);
});

it('is the parent of spans that are started after it was read', () => {
  const recorder = createRecorder();
  recorder.setTracerProvider(ownProvider());
  const recording = recorder.start(start);
  recording?.end(ending);
  const span = recording?.read();
  expect(trace.getSpanContext(recording?.context ?? ROOT_CONTEXT)).toEqual(span?.spanContext());
  expect(recording?.span?.isRecording()).toBe(false);
});

it('has the same bytes in OTLP as the span of the SDK, but for its ids', () => {
  const fixed = (span: ReadableSpanLike | undefined): ReadableSpanLike =>
    Object.create(span ?? {}, {
      spanContext: { value: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }) },
      name: { value: span?.name },
      attributes: { value: span?.attributes },
      events: { value: span?.events },
      links: { value: span?.links },
      droppedAttributesCount: { value: span?.droppedAttributesCount },
      droppedEventsCount: { value: span?.droppedEventsCount },
      droppedLinksCount: { value: span?.droppedLinksCount },
    }) as ReadableSpanLike;
  const ours = encodeSpan(fixed(record(ownProvider())));
  const theirs = encodeSpan(fixed(record(ownProvider({ OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '128' }))));
  expect(Buffer.from(ours).toString('hex')).toBe(Buffer.from(theirs).toString('hex'));
});

it('gives a vendor its interaction without attributes being written', () => {
  const attributes = vi.spyOn(RecordedSpan.prototype, 'attributes', 'get');
  const span = record(ownProvider());
  const taken: EndedSpan[] = [];
  const pipeline = openPipeline({ mask: (text) => text });
  pipeline.join({
    name: 'keeper',
    wantsContent: true,
    take: (ended) => void taken.push(ended),
    forceFlush: () => Promise.resolve({ waiting: 0, onDisk: 0 }),
    shutdown: () => Promise.resolve({ waiting: 0, onDisk: 0 }),
    stats: () => noStats,
  });
  if (span) pipeline.take(span);
  pipeline.drain();
  expect(taken[0]?.interactions).toMatchObject([
    { operation: 'chat', name: 'chat other', responseId: 'chatcmpl-1', outcome: { status: 'ok' } },
  ]);
  expect(attributes).not.toHaveBeenCalled();
  expect(taken[0]?.span.attributes).toMatchObject({ 'gen_ai.response.id': 'chatcmpl-1', 'app.end': 'x' });
});

it('is not made on a provider of the application', () => {
  const exporter = new InMemorySpanExporter();
  record(new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['chat other']);
});
