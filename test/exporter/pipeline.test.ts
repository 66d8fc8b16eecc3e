import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { EndedSpan, SpanDestination, SpanListener } from '../../src/exporter/destination.ts';
import { spanLineDestination } from '../../src/exporter/destinations/line-destination.ts';
import { openVendor } from '../../src/exporter/destinations/open-vendor.ts';
import { openPipeline, type Pipeline } from '../../src/exporter/pipeline.ts';
import type { Settlement } from '../../src/exporter/settling.ts';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { asIs } from '../../src/interaction/mask.ts';
import { encodeAttributes } from '../../src/semconv/attributes.ts';
import { attachContent } from '../../src/semconv/span-content.ts';
import type { ReadableSpanLike, SpanData } from '../../src/semconv/span-data.ts';
import { readableSpanFrom, spanDataOf } from '../../src/semconv/to-span.ts';
import { fullInteraction } from '../../src/testing/sample-interactions.ts';
import { athina } from '../../src/vendors/athina/index.ts';
import { spanData } from '../support/span-data.ts';

const inputMessages = [{ role: 'user' as const, parts: [{ type: 'text' as const, content: 'my secret' }] }];

const span = (more: Partial<SpanData> = {}): SpanData =>
  spanData({ attributes: encodeAttributes({ operation: 'chat' }, true), ...more });

/** What a call that was held back has besides its interaction. */
const silent = { span: span(), mask: asIs };

function destination(take: (ended: EndedSpan, listener?: SpanListener) => void, name = 'test'): SpanDestination {
  const flushed = Promise.resolve({ waiting: 0, onDisk: 0 });
  return {
    name,
    wantsContent: true,
    take,
    record: (interactions, listener) => take({ ...silent, interactions }, listener),
    forceFlush: () => flushed,
    shutdown: () => flushed,
    stats: () => ({
      enqueued: 0,
      delivered: 0,
      retried: 0,
      rejected: 0,
      skipped: 0,
      coalesced: 0,
      dropped: {},
      spooled: 0,
      spooledBytes: 0,
    }),
  };
}

describe('content', () => {
  it.each<[string, () => SpanData | ReadableSpanLike]>([
    [
      'attached to an SDK span',
      () => {
        const sdkSpan = readableSpanFrom(span());
        attachContent(sdkSpan, { inputMessages });
        return sdkSpan;
      },
    ],
    [
      'on an SDK span',
      () => readableSpanFrom(span({ attributes: encodeAttributes({ operation: 'chat', inputMessages }, true) })),
    ],
    ['of a received span', () => span({ content: { inputMessages } })],
    ['on a received span', () => span({ attributes: encodeAttributes({ operation: 'chat', inputMessages }, true) })],
  ])('%s is masked once, however many destinations there are', (_, make) => {
    let count = 0;
    const mask = (text: string): string => {
      count += 1;
      return text.replace('secret', '***');
    };
    const got: Interaction[] = [];
    const pipeline = openPipeline({ mask });
    for (const name of ['one', 'two'])
      pipeline.join(destination((ended) => void got.push(...ended.interactions), name));
    pipeline.take(make());
    pipeline.drain();
    expect(got.map(({ inputMessages: [message] = [] }) => message?.parts)).toEqual([
      [{ type: 'text', content: 'my ***' }],
      [{ type: 'text', content: 'my ***' }],
    ]);
    expect(count).toBe(1);
  });

  it('an error message leaves masked, to OTLP as to vendors', () => {
    const lines: string[] = [];
    const pipeline = openPipeline({
      mask: (text) => text.replace('secret', '***'),
      write: (_, __, item) => void lines.push(JSON.stringify(item)),
    });
    pipeline.join((host) => spanLineDestination('console', { kind: 'console' }, 'full', host));
    const status = { code: 2 as const, message: 'no secret' };
    pipeline.take(span({ status }));
    pipeline.take(readableSpanFrom(span({ status })));
    pipeline.drain();
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toContain('"message":"no ***"');
  });
});

it('names the service of spans whose provider does not', () => {
  const got: Interaction[] = [];
  const pipeline = openPipeline({ mask: asIs, service: { serviceName: 'shop', environment: 'staging' } });
  pipeline.join(destination(({ interactions }) => void got.push(...interactions)));
  const chat = spanDataOf({ ...fullInteraction, environment: 'test' });
  pipeline.take({ ...chat, resource: { 'service.name': 'unknown_service:node' } });
  pipeline.take({ ...chat, resource: { 'service.name': 'desk', 'deployment.environment.name': 'live' } });
  pipeline.drain();
  expect(got.map(({ serviceName, environment }) => [serviceName, environment])).toEqual([
    ['shop', 'staging'],
    ['desk', 'live'],
  ]);
});

it('a received span reaches a destination as it came, with its scope, events and links', () => {
  const received = span({
    scope: { name: 'langchain', version: '1.2' },
    events: [{ name: 'retry', time: [1, 5], attributes: { n: 1 } }],
    links: [{ traceId: '3'.repeat(32), spanId: '4'.repeat(16) }],
  });
  const got: EndedSpan[] = [];
  const written: unknown[] = [];
  const pipeline = openPipeline({ mask: asIs, write: (_, __, item) => void written.push(item) });
  pipeline.join(destination((ended) => void got.push(ended)));
  pipeline.join((host) => spanLineDestination('console', { kind: 'console' }, 'full', host));
  pipeline.take(received);
  pipeline.drain();
  expect(got[0]?.span).toBe(received);
  expect(written).toMatchObject([
    {
      resourceSpans: [
        {
          scopeSpans: [
            {
              scope: { name: 'langchain', version: '1.2' },
              spans: [
                {
                  traceId: received.traceId,
                  events: [{ name: 'retry', timeUnixNano: '1000000005' }],
                  links: [{ traceId: '3'.repeat(32), spanId: '4'.repeat(16) }],
                },
              ],
            },
          ],
        },
      ],
    },
  ]);
});

it('writes a span of the 1.x SDK, which names scope and parent in its own way', () => {
  const written: unknown[] = [];
  const pipeline = openPipeline({ mask: asIs, write: (_, __, item) => void written.push(item) });
  pipeline.join((host) => spanLineDestination('console', { kind: 'console' }, 'full', host));
  const { parentSpanContext: _, instrumentationScope: __, ...base } = readableSpanFrom(span());
  pipeline.take({ ...base, instrumentationLibrary: { name: 'genkit', version: '1' }, parentSpanId: '9'.repeat(16) });
  pipeline.drain();
  expect(written).toMatchObject([
    { resourceSpans: [{ scopeSpans: [{ scope: { name: 'genkit' }, spans: [{ parentSpanId: '9'.repeat(16) }] }] }] },
  ]);
});

it('counts a span that a destination throws for, and gives it to the others', () => {
  const taken: EndedSpan[] = [];
  const pipeline = openPipeline({ mask: asIs });
  pipeline.join(
    destination(() => {
      throw new Error('broken');
    }, 'bad'),
  );
  pipeline.join(destination((ended) => void taken.push(ended), 'good'));
  const settled: (readonly Settlement[])[] = [];
  pipeline.take(span(), { settled: (settlements) => void settled.push(settlements) });
  pipeline.drain();
  expect(taken).toHaveLength(1);
  expect(pipeline.stats()).toMatchObject({ bad: { dropped: { unreadable: 1 } }, good: { dropped: {} } });
  expect(settled).toEqual([]);
});

/** A pipeline into Athina whose server answers as told, and what became of each span. */
function athinaPipeline(answer: { status: number; body: string }): {
  pipeline: Pipeline;
  take(data: SpanData): Promise<readonly Settlement[]>;
} {
  const pipeline = openPipeline({ mask: asIs, transport: () => async () => ({ headers: {}, ...answer }) });
  const options = athina.resolveOptions({ apiKey: 'k' }, {});
  pipeline.join((host) => openVendor(athina, options, 'full', undefined, host));
  return { pipeline, take: (data) => new Promise((settled) => pipeline.take(data, { settled })) };
}

describe('a caller that follows a span', () => {
  it.each([
    ['delivered', { status: 200, body: '{}' }, { status: 'delivered' }],
    [
      'rejected, and why',
      { status: 422, body: '{"error":"no such model"}' },
      { status: 'rejected', reason: /HTTP 422/ },
    ],
  ])('learns that it was %s', async (_, answer, outcome) => {
    const { pipeline, take } = athinaPipeline(answer);
    const settled = take(spanDataOf(fullInteraction));
    await pipeline.flush();
    const [settlement] = await settled;
    expect(settlement?.destination).toBe('athina');
    expect(settlement?.outcome).toMatchObject(
      'reason' in outcome ? { status: outcome.status, reason: expect.stringMatching(outcome.reason) } : outcome,
    );
    await pipeline.shutdown();
  });

  it('learns that nothing of it is for a vendor', async () => {
    const { pipeline, take } = athinaPipeline({ status: 200, body: '{}' });
    const settled = take(span({ attributes: { 'http.request.method': 'GET' } }));
    pipeline.drain();
    expect(await settled).toEqual([
      { destination: 'athina', outcome: { status: 'skipped', reason: 'no call or run ends with this span' } },
    ]);
    await pipeline.shutdown();
  });

  it('learns at once where there is no destination', async () => {
    const pipeline = openPipeline({ mask: asIs });
    const settled = new Promise((resolve) => pipeline.take(span(), { settled: resolve }));
    pipeline.drain();
    expect(await settled).toEqual([]);
  });

  it('waits for the span that completes it: a background response is delivered when its fetch is', async () => {
    const { pipeline, take } = athinaPipeline({ status: 200, body: '{}' });
    const settled: string[] = [];
    const response = (operation: string, status: string, spanId: string): SpanData =>
      span({
        spanId,
        attributes: {
          'gen_ai.operation.name': operation,
          'gen_ai.response.id': 'resp_1',
          'gen_ai.response.status': status,
          'gen_ai.request.model': 'm',
        },
      });
    const queued = take(response('chat', 'queued', 'a'.repeat(16))).then(() => settled.push('queued'));
    await pipeline.flush();
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toEqual([]);
    const fetched = take(response('fetch_response', 'completed', 'b'.repeat(16))).then(() => settled.push('fetched'));
    await pipeline.flush();
    await Promise.all([queued, fetched]);
    expect(settled).toEqual(['fetched', 'queued']);
    await pipeline.shutdown();
  });

  it('is called by shutdown for a background response that was never fetched, which is delivered without an answer', async () => {
    const { pipeline, take } = athinaPipeline({ status: 200, body: '{}' });
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.response.id': 'resp_1',
      'gen_ai.response.status': 'queued',
      'gen_ai.request.model': 'm',
    };
    const settled = take(span({ attributes }));
    await pipeline.flush();
    expect(pipeline.stats()['athina']?.delivered).toBe(0);
    await pipeline.shutdown();
    // The last outcome is that of its record.
    expect((await settled).at(-1)).toEqual({ destination: 'athina', outcome: { status: 'delivered' } });
    expect(pipeline.stats()['athina']?.delivered).toBe(1);
  });

  it('is called for a background response whose answer did not come within ten minutes', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const got: Interaction[] = [];
    const pipeline = openPipeline({ mask: asIs });
    pipeline.join(
      destination(({ interactions }, listener) => {
        got.push(...interactions);
        listener?.settled(
          interactions.length > 0 ? { status: 'delivered' } : { status: 'skipped', reason: 'no record' },
        );
      }),
    );
    const settled: Settlement[] = [];
    const queued = { 'gen_ai.operation.name': 'chat', 'gen_ai.response.id': 'r', 'gen_ai.response.status': 'queued' };
    pipeline.take(span({ attributes: queued }), { settled: (settlements) => void settled.push(...settlements) });
    vi.advanceTimersByTime(9 * 60_000);
    expect([got, settled]).toEqual([[], []]);
    vi.advanceTimersByTime(2 * 60_000);
    expect(got).toMatchObject([{ responseId: 'r', responseStatus: 'queued' }]);
    expect(settled.at(-1)?.outcome).toEqual({ status: 'delivered' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is called by shutdown for what never came', async () => {
    const { pipeline, take } = athinaPipeline({ status: 200, body: '{}' });
    const settled = take(
      span({
        attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 't' },
        parentSpanId: '7'.repeat(16),
      }),
    );
    await pipeline.shutdown();
    expect(await settled).toHaveLength(1);
  });
});

describe('settling', () => {
  it('reports a span stored once every destination stored or settled it, and settled once', () => {
    const listeners: SpanListener[] = [];
    const calls: string[] = [];
    const pipeline = openPipeline({ mask: asIs });
    for (const name of ['a', 'b'])
      pipeline.join(destination((_, listener) => void (listener && listeners.push(listener)), name));
    pipeline.take(span(), { stored: () => calls.push('stored'), settled: () => calls.push('settled') });
    pipeline.drain();
    const [a, b] = listeners;
    a?.stored();
    a?.stored();
    expect(calls).toEqual([]);
    b?.settled({ status: 'delivered' });
    b?.settled({ status: 'delivered' });
    expect(calls).toEqual(['stored']);
    a?.settled({ status: 'delivered' });
    expect(calls).toEqual(['stored', 'settled']);
  });
});
