import { expect, it, onTestFinished } from 'vitest';
import { type EndedSpan, noStats, nothingWaits, type SpanDestination } from '../../src/exporter/destination.ts';
import { openPipeline, type Pipeline } from '../../src/exporter/pipeline.ts';
import { asIs } from '../../src/interaction/mask.ts';
import { encodeAttributes } from '../../src/semconv/attributes.ts';
import { SCOPE_NAME } from '../../src/semconv/names.ts';
import { attachToSpan, contentOf, factsOf } from '../../src/semconv/span-content.ts';
import type { ReadableSpanLike } from '../../src/semconv/span-data.ts';
import { readableSpanFrom } from '../../src/semconv/to-span.ts';
import { spanData } from '../support/span-data.ts';

const inputMessages = [{ role: 'user' as const, parts: [{ type: 'text' as const, content: 'Are you open?' }] }];

/** A span that a processor of an application keeps, as the instrumentation leaves it. */
function keptSpan(): ReadableSpanLike {
  const attributes = encodeAttributes({ operation: 'chat', responseId: 'r-1' }, false);
  const span = readableSpanFrom(spanData({ attributes, scope: { name: SCOPE_NAME } }));
  attachToSpan(span, { operation: 'chat', responseId: 'r-1' }, { inputMessages });
  return span;
}

function openReader(name: string, take: (ended: EndedSpan) => void): Pipeline {
  const pipeline = openPipeline({ mask: asIs });
  const nothing = Promise.resolve(nothingWaits);
  const destination: SpanDestination = {
    name,
    wantsContent: true,
    take,
    forceFlush: () => nothing,
    shutdown: () => nothing,
    stats: () => noStats,
  };
  pipeline.join(destination);
  onTestFinished(async () => void (await pipeline.shutdown()));
  return pipeline;
}

it('what is attached to a span does not live as long as the span', () => {
  const got: EndedSpan[] = [];
  const pipeline = openReader('one', (ended) => void got.push(ended));
  const span = keptSpan();
  pipeline.take(span);
  pipeline.drain();
  expect(contentOf(span)).toBeUndefined();
  expect(factsOf(span)).toBeUndefined();
  // Also where a destination reads it later.
  expect(got.map(({ interactions }) => interactions)).toMatchObject([[{ responseId: 'r-1', inputMessages }]]);
});

it('what is attached to a span stays for the other exporters of the process', () => {
  const readBy: string[] = [];
  const pipelines = ['one', 'two'].map((name) =>
    openReader(name, ({ interactions: [first] }) => void (first?.inputMessages && readBy.push(name))),
  );
  const span = keptSpan();
  for (const pipeline of pipelines) {
    pipeline.take(span);
    pipeline.drain();
  }
  expect(readBy).toEqual(['one', 'two']);
});
