import { SpanKind } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { spanFrom } from '../../src/instrumentation/span-source.ts';

it('carries the nanoseconds of a span that was made after its call into the next second', () => {
  const source = {
    resource: { attributes: {} },
    scope: { name: 'test' },
    newTraceId: () => '0af7651916cd43dd8448eb211c80319c',
    newSpanId: () => 'b7ad6b7169203331',
  };
  // Rounded to nanoseconds, this is a whole second.
  const millis = 999_999_999.9999999;
  const span = spanFrom(source, { name: 'chat', kind: SpanKind.CLIENT, facts: {} }, {}, {}, [millis, millis]);
  expect([span.startTime, span.endTime]).toEqual([
    [1_000_000, 0],
    [1_000_000, 0],
  ]);
});
