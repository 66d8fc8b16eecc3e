import { ROOT_CONTEXT, type Span, SpanKind, trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { unsampledSpan } from '../../src/instrumentation/unsampled-span.ts';
import type { ReadableSpanLike } from '../../src/semconv/span-data.ts';

it('rounds a time up to the next second, never to a billion nanoseconds', () => {
  const unsampled = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 0 });
  const start = { name: 'chat', kind: SpanKind.CLIENT, startTime: 999.999_999_9 };
  const span: Span & Partial<ReadableSpanLike> = unsampledSpan(unsampled, start, {}, ROOT_CONTEXT);
  span.end(1_999.999_999_9);
  expect(span.startTime).toEqual([1, 0]);
  expect(span.endTime).toEqual([2, 0]);
});
