import { context, createContextKey, trace } from '@opentelemetry/api';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EndedSpan } from '../../src/exporter/destination.ts';
import { instrumentOpenAI, type SpanDestination, start, withContext } from '../../src/index.ts';
import type { SpanData } from '../../src/semconv/span-data.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';

let fake: FakeOpenAI;

beforeEach(async () => {
  fake = await startFakeOpenAI();
});
afterEach(() => fake.close());

function collecting(): SpanDestination & { readonly spans: SpanData[] } {
  const spans: SpanData[] = [];
  return {
    name: 'collecting',
    wantsContent: true,
    spans,
    take: ({ span }: EndedSpan) => void spans.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
    stats: () => ({ enqueued: 0, delivered: 0, retried: 0, rejected: 0, skipped: 0, coalesced: 0, dropped: {} }),
  } as unknown as SpanDestination & { readonly spans: SpanData[] };
}

/** @param instrument called before the calls; it returns what runs with each request */
async function chatIn(fields: object, instrument: () => () => void): Promise<SpanData[]> {
  const destination = collecting();
  const handle = start({ destinations: [destination] });
  const onRequest = instrument();
  const openai = instrumentOpenAI(
    new OpenAI({
      apiKey: 'k',
      baseURL: fake.baseURL,
      fetch: (url, init) => {
        onRequest();
        return fetch(url, init);
      },
    }),
  );
  fake.reply('yes');
  await withContext(fields, () =>
    openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'really?' }] }),
  );
  await handle.forceFlush();
  await handle.shutdown();
  return destination.spans;
}

it('an instrumentation of HTTP on our provider makes its span below the call inside withContext', async () => {
  const spans = await chatIn({ feature: 'desk' }, () => {
    const tracer = trace.getTracer('http');
    return () => tracer.startSpan('POST').end();
  });
  const call = spans.find(({ name }) => name.startsWith('chat'));
  expect(spans.find(({ name }) => name === 'POST')).toMatchObject({
    parentSpanId: call?.spanId,
    traceId: call?.traceId,
  });
});

it('the active span of a call inside withContext is made when it is read, and nested contexts keep it', async () => {
  const key = createContextKey('own');
  const read: unknown[] = [];
  const [call] = await chatIn({ feature: 'desk' }, () => () => {
    const active = context.active();
    const inner = active.setValue(key, 'value');
    read.push(inner.getValue(key), inner.deleteValue(key).getValue(key), trace.getSpan(trace.deleteSpan(inner)));
    read.push(trace.getSpanContext(inner)?.spanId, trace.getActiveSpan() === trace.getSpan(inner));
    trace.getActiveSpan()?.setAttribute('region', 'eu');
  });
  expect(read).toEqual(['value', undefined, undefined, call?.spanId, true]);
  expect(call?.attributes).toMatchObject({ region: 'eu', 'spanport.feature': 'desk' });
});
