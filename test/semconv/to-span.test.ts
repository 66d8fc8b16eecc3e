import fc from 'fast-check';
import { expect, it } from 'vitest';
import { interactionFrom } from '../../src/semconv/from-spans.ts';
import { contentOf } from '../../src/semconv/span-content.ts';
import { hrTimeFrom, spanDataFrom } from '../../src/semconv/span-data.ts';
import { readableSpanFrom, spanDataOf } from '../../src/semconv/to-span.ts';
import { fullInteraction, fullRun, PLANTED_TEXT } from '../../src/testing/sample-interactions.ts';

it.each([
  ['a call', { ...fullInteraction, serviceName: 'shop', environment: 'staging', parentSpanId: '00f067aa0ba902b7' }],
  ['a run', { ...fullRun, serverAddress: 'api.openai.com', id: 'run:api.openai.com:run_1' }],
  [
    'a failure',
    { ...fullInteraction, outcome: { status: 'error', type: '429', message: 'slow down', httpStatus: 429 } as const },
  ],
  ['a fetched response', { ...fullInteraction, operation: 'fetch_response' }],
])('%s comes back from its span as it was', (_, interaction) => {
  expect(interactionFrom(spanDataOf(interaction))).toEqual(interaction);
  const span = readableSpanFrom(spanDataOf(interaction));
  expect(interactionFrom(spanDataFrom(span, contentOf(span)))).toEqual(interaction);
});

it('keeps what was said beside the span', () => {
  expect(JSON.stringify(spanDataOf(fullInteraction).attributes)).not.toContain(PLANTED_TEXT);
});

it('takes any time apart and puts it together again', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 4e12, noNaN: true }), (millis) => {
      const [seconds, nanoseconds] = hrTimeFrom(millis);
      expect(nanoseconds).toBeLessThan(1e9);
      expect(seconds * 1e3 + nanoseconds / 1e6).toBeCloseTo(millis, 3);
    }),
  );
});

it('is as long as its call', () => {
  const span = readableSpanFrom(spanDataOf({ ...fullInteraction, startTime: 1_000.75, endTime: 2_000.25 }));
  expect(span.duration).toEqual([0, 999_500_000]);
});
