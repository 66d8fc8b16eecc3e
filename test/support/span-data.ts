import type { SpanData } from '../../src/semconv/span-data.ts';

/** An ended span of one second. */
export function spanData(more: Partial<SpanData> = {}): SpanData {
  return {
    name: 'chat m',
    kind: 2,
    traceId: '1'.repeat(32),
    spanId: '2'.repeat(16),
    startTime: [1, 0],
    endTime: [2, 0],
    attributes: {},
    resource: {},
    status: { code: 0 },
    ...more,
  };
}
