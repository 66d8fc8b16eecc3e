// What every sender shares. Runs in a scratch folder that holds the sender's own packages.
import { writeFileSync } from 'node:fs';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

export const urls = JSON.parse(process.env.CAPTURE_URLS ?? '{}');

/** Counts the spans that have not ended. */
class OpenSpans {
  count = 0;
  onStart() {
    this.count += 1;
  }
  onEnd() {
    this.count -= 1;
  }
  async forceFlush() {}
  async shutdown() {}
}

/** A provider that keeps its spans in memory; `more` are further processors. */
export function startTracing(...more) {
  const memory = new InMemorySpanExporter();
  const open = new OpenSpans();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'travel' }),
    spanProcessors: [open, ...more, new SimpleSpanProcessor(memory)],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return { memory, provider, open };
}

const ROUND_MILLIS = 50;
const MAX_ROUNDS = 40;

/** Runs the scenarios one by one and writes what each of them left. */
export async function capture(scenarios, { memory, provider, logs, open }) {
  const captured = {};
  for (const [name, run] of Object.entries(scenarios)) {
    try {
      await run(urls[name]);
    } catch (error) {
      if (name !== 'error') throw error;
    }
    // Some spans end a while after the answer was read, and some never do.
    for (let rounds = 0; rounds === 0 || (open?.count > 0 && rounds < MAX_ROUNDS); rounds += 1)
      await new Promise((resolve) => setTimeout(resolve, ROUND_MILLIS));
    if (open) open.count = 0;
    await provider.forceFlush?.();
    captured[name] = { spans: memory.getFinishedSpans().map(spanData) };
    memory.reset();
    if (logs) {
      captured[name].logs = logs.getFinishedLogRecords().map(logData);
      logs.reset();
    }
  }
  writeFileSync(process.env.CAPTURE_OUT, JSON.stringify(captured));
  process.exit(0);
}

/** An SDK span as the product's `SpanData`. */
export function spanData(span) {
  const { traceId, spanId } = span.spanContext();
  return {
    name: span.name,
    kind: span.kind,
    traceId,
    spanId,
    ...(span.parentSpanContext && { parentSpanId: span.parentSpanContext.spanId }),
    startTime: span.startTime,
    endTime: span.endTime,
    attributes: span.attributes,
    resource: { 'service.name': span.resource.attributes['service.name'] },
    status: span.status,
    scope: { name: span.instrumentationScope.name, version: span.instrumentationScope.version },
    ...(span.events.length > 0 && {
      events: span.events.map(({ name, time, attributes = {} }) => ({ name, time, attributes })),
    }),
  };
}

function logData(record) {
  return {
    eventName: record.eventName,
    time: record.hrTime,
    traceId: record.spanContext?.traceId,
    spanId: record.spanContext?.spanId,
    attributes: record.attributes,
    ...(record.body !== undefined && { body: record.body }),
  };
}
