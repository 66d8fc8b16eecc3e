import { type Context, SpanKind } from '@opentelemetry/api';
import { NodeTracerProvider, type ReadableSpan, type Span, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { diag } from '../../src/diagnostics/diag.ts';
import { createRecorder } from '../../src/instrumentation/recorder.ts';
import type { Ending } from '../../src/instrumentation/span-ends.ts';
import type { Facts } from '../../src/interaction/interaction.ts';
import { addContentReader, contentOf, factsOf } from '../../src/semconv/span-content.ts';
import type { ReadableSpanLike } from '../../src/semconv/span-data.ts';

class Processor implements SpanProcessor {
  onStart(_span: Span, _context: Context): void {}
  onEnd(_span: ReadableSpan): void {}
  forceFlush(): Promise<void> {
    return Promise.resolve();
  }
  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function record(
  processor: SpanProcessor,
  during: (span: Span | undefined) => void = () => {},
  answer: Facts = { responseId: 'r-1', finishReasons: ['stop'] },
  more: Ending = {},
): ReadableSpanLike {
  const recorder = createRecorder();
  recorder.setTracerProvider(new NodeTracerProvider({ spanProcessors: [processor] }));
  const recording = recorder.start({
    name: 'chat m',
    kind: SpanKind.CLIENT,
    facts: { operation: 'chat', provider: 'openai', requestModel: 'm', user: { id: 'u-1' }, tags: ['a'] },
  });
  during(recording?.span as unknown as Span);
  recording?.end({ facts: answer, content: { inputMessages: [] }, ...more });
  const span = recording?.read();
  if (!span) throw new Error('There is no span.');
  return span;
}

let stopReading: () => void;
beforeEach(() => {
  stopReading = addContentReader();
});
afterEach(() => stopReading());

describe("a span of the application's provider", () => {
  it('carries its facts where only we wrote on it', () => {
    const span = record(new Processor());
    expect(factsOf(span)).toMatchObject({
      operation: 'chat',
      user: { id: 'u-1' },
      responseId: 'r-1',
      finishReasons: ['stop'],
    });
    expect(contentOf(span)).toEqual({ inputMessages: [] });
  });

  it('carries its facts where the answer changes a fact of the request', () => {
    const span = record(new Processor(), () => {}, { requestModel: 'm-2', responseId: 'r-1' });
    expect(span.attributes).toMatchObject({ 'gen_ai.request.model': 'm-2' });
    expect(factsOf(span)).toMatchObject({ operation: 'chat', requestModel: 'm-2', responseId: 'r-1' });
  });

  it('carries its facts where attributes say more than these', () => {
    const error = { type: 'timeout', message: 'too slow' };
    const span = record(new Processor(), () => {}, {}, { attributes: { 'app.step': 3 }, error, isCut: true });
    expect(span.attributes).toMatchObject({ 'app.step': 3, 'error.type': 'timeout' });
    expect(factsOf(span)).toMatchObject({ operation: 'chat', user: { id: 'u-1' } });
  });

  it.each<[string, Partial<SpanProcessor>]>([
    ['adds an attribute at the start', { onStart: (span) => void span.setAttribute('app.tenant', 't') }],
    ['overwrites one at the start', { onStart: (span) => void span.setAttribute('user.id', '***') }],
    ['overwrites one while it ends', { onEnding: (span: Span) => void span.setAttribute('user.id', '***') }],
    ['changes one after the end', { onEnd: (span) => void Object.assign(span.attributes, { 'user.id': '***' }) }],
    [
      'removes one after the end',
      { onEnd: (span) => void delete (span.attributes as Record<string, unknown>)['user.id'] },
    ],
    ['changes a list', { onEnd: (span) => void Object.assign(span.attributes, { 'spanport.tags': ['b'] }) }],
  ])('is read by its attributes where a processor of the application %s', (_, hooks) => {
    const span = record(Object.assign(new Processor(), hooks));
    expect(factsOf(span)).toBeUndefined();
    expect(contentOf(span)).toEqual({ inputMessages: [] });
  });

  it('is read by its attributes where the application wrote on it during the call', () => {
    expect(factsOf(record(new Processor(), (span) => span?.setAttribute('app.step', 3)))).toBeUndefined();
  });

  it('is recorded where a processor of the application throws at its end', () => {
    const report = vi.spyOn(diag, 'error').mockReturnValue();
    const onEnd = (): void => {
      throw new Error('broken');
    };
    const span = record(Object.assign(new Processor(), { onEnd }));
    expect(factsOf(span)).toMatchObject({ responseId: 'r-1' });
    expect(report).toHaveBeenCalledTimes(1);
    report.mockRestore();
  });
});

it('calls under way are cut once each, in whatever order others have ended', () => {
  const recorder = createRecorder();
  const cut: number[] = [];
  const calls = [0, 1, 2, 3, 4].map((id) => ({ end: () => void cut.push(id) }));
  for (const call of calls) recorder.callStarted(call);
  for (const id of [1, 4, 1]) recorder.callEnded(calls[id] as (typeof calls)[number]);
  recorder.cutCallsUnderWay();
  expect(cut.sort()).toEqual([0, 2, 3]);
});
