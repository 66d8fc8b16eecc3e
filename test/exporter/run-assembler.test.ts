import { describe, expect, it } from 'vitest';
import { RunAssembler } from '../../src/exporter/run-assembler.ts';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { type SpanData, SpanKind, SpanStatusCode } from '../../src/semconv/span-data.ts';

const traceId = 'a'.repeat(32);
let count = 0;

function span(
  operation: string,
  attributes: Readonly<Record<string, unknown>>,
  more: Partial<SpanData> = {},
): SpanData {
  count += 1;
  return {
    name: operation,
    kind: SpanKind.CLIENT,
    traceId,
    spanId: count.toString(16).padStart(16, '0'),
    startTime: [count, 0],
    endTime: [count + 1, 0],
    attributes: { 'gen_ai.operation.name': operation, ...attributes },
    resource: {},
    status: { code: SpanStatusCode.UNSET },
    ...more,
  };
}

/** What a span of another tracer completes. Its call waits for the spans around it. */
function completedBy(assembler: RunAssembler, each: SpanData): readonly Interaction[] {
  return [...assembler.add(each), ...assembler.release(true).map(({ interaction }) => interaction)];
}

const response = (status: string, more: Readonly<Record<string, unknown>> = {}) => ({
  'gen_ai.response.id': 'resp_1',
  'server.address': 'api.openai.com',
  'gen_ai.response.status': status,
  ...more,
});

describe('a background response', () => {
  const created = () => span('chat', response('queued', { 'gen_ai.request.model': 'm' }));

  it('is one interaction: what was asked, and what was fetched in the end', () => {
    const assembler = new RunAssembler();
    const asked = created();
    expect(assembler.add(asked)).toEqual([]);
    expect(assembler.add(span('fetch_response', response('in_progress')))).toEqual([]);
    const fetched = span('fetch_response', response('completed', { 'spanport.usage.output_tokens': 7 }));
    expect(assembler.add(fetched)).toMatchObject([
      {
        operation: 'chat',
        spanId: asked.spanId,
        requestModel: 'm',
        responseStatus: 'completed',
        usage: { outputTokens: 7 },
      },
    ]);
    expect(assembler.add(span('fetch_response', response('completed')))).toEqual([]);
  });

  const background = { 'spanport.response.background': true };

  it('is an interaction of the process that fetches it, once, if another process created it', () => {
    const assembler = new RunAssembler();
    expect(assembler.add(span('fetch_response', response('in_progress', background)))).toEqual([]);
    const answer = { ...background, 'gen_ai.response.model': 'm-1', 'spanport.usage.output_tokens': 7 };
    const fetched = span('fetch_response', response('completed', answer));
    expect(assembler.add(fetched)).toMatchObject([
      {
        id: 'response:api.openai.com:resp_1',
        name: 'chat m-1',
        operation: 'chat',
        spanId: fetched.spanId,
        requestModel: 'm-1',
        responseStatus: 'completed',
        usage: { outputTokens: 7 },
      },
    ]);
    expect(assembler.add(span('fetch_response', response('completed', answer)))).toEqual([]);
    // As when a gateway sends it again.
    expect(assembler.add(fetched).map(({ id }) => id)).toEqual(['response:api.openai.com:resp_1']);
    expect(assembler.flush()).toEqual([]);
  });

  it('is no second interaction when it is fetched again', () => {
    const joined = new RunAssembler();
    joined.add(created());
    expect(joined.add(span('fetch_response', response('completed', background)))).toHaveLength(1);
    expect(joined.add(span('fetch_response', response('completed', background)))).toEqual([]);
    const streamed = new RunAssembler();
    expect(completedBy(streamed, span('chat', response('completed')))).toHaveLength(1);
    expect(streamed.add(span('fetch_response', response('completed', background)))).toEqual([]);
  });

  it('is no interaction of its own if it was stored and not created in the background', () => {
    expect(new RunAssembler().add(span('fetch_response', response('completed')))).toEqual([]);
  });

  it.each([
    ['failed', { status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': '500' } }],
    ['was cut', { attributes: { 'spanport.cut': true } }],
  ])('still waits for its answer after a fetch that %s', (_, { attributes, ...more }) => {
    const assembler = new RunAssembler();
    const asked = created();
    assembler.add(asked);
    const { 'gen_ai.response.status': _status, ...identity } = response('', attributes);
    expect(assembler.add(span('fetch_response', identity, more))).toEqual([]);
    expect(assembler.add(span('fetch_response', response('completed')))).toMatchObject([
      { spanId: asked.spanId, responseStatus: 'completed', outcome: { status: 'ok' } },
    ]);
  });

  it('is joined with no other one that has the same id', () => {
    const assembler = new RunAssembler();
    const [one, other] = [created(), created()];
    assembler.add(one);
    expect(assembler.add(other).map(({ spanId }) => spanId)).toEqual([one.spanId, other.spanId]);
    expect(assembler.add(span('fetch_response', response('completed')))).toEqual([]);
  });

  it('is told as it failed', () => {
    const assembler = new RunAssembler();
    assembler.add(created());
    const failed = span('fetch_response', response('failed', { 'error.type': 'server_error' }), {
      status: { code: SpanStatusCode.ERROR },
    });
    expect(assembler.add(failed)).toMatchObject([{ outcome: { status: 'error', type: 'server_error' } }]);
  });

  it('is told without its end once it has waited ten minutes', () => {
    let now = 0;
    const assembler = new RunAssembler({ now: () => now });
    assembler.add(created());
    now = 10 * 60_000;
    const told = assembler.add(span('chat', { ...response('queued'), 'gen_ai.response.id': 'resp_2' }));
    expect(told).toMatchObject([{ responseId: 'resp_1', responseStatus: 'queued' }]);
  });

  it('waits with a thousand others at the most', () => {
    const assembler = new RunAssembler();
    const told = Array.from({ length: 1_500 }, (_, index) =>
      assembler.add(span('chat', { ...response('queued'), 'gen_ai.response.id': `resp_${index}` })),
    ).flat();
    expect(told).toHaveLength(500);
    expect(assembler.flush()).toHaveLength(1_000);
    expect(assembler.flush()).toEqual([]);
  });
});

describe('a run of another tracer', () => {
  const tool = (parentSpanId: string | undefined, more: Partial<SpanData> = {}) =>
    span(
      'execute_tool',
      { 'gen_ai.tool.name': 'hours', 'gen_ai.tool.call.arguments': '{"day":1}', 'gen_ai.tool.call.result': 'open' },
      { ...more, ...(parentSpanId !== undefined && { parentSpanId }) },
    );

  it('gets the tools that ran below it, on its span or beside theirs', () => {
    const assembler = new RunAssembler();
    const run = span('invoke_agent', { 'gen_ai.agent.name': 'Clerk' });
    const beside = span(
      'execute_tool',
      { 'gen_ai.tool.name': 'stock' },
      {
        parentSpanId: run.spanId,
        content: { toolExecutions: [{ name: 'stock', arguments: { sku: 2 }, result: [3] }] },
      },
    );
    expect(assembler.add(tool(run.spanId))).toEqual([]);
    expect(assembler.add(beside)).toEqual([]);
    assembler.add(tool('f'.repeat(16)));
    assembler.add(tool(run.spanId, { traceId: 'b'.repeat(32) }));
    expect(completedBy(assembler, run)[0]?.toolExecutions).toMatchObject([
      { name: 'hours', arguments: { day: 1 }, result: 'open' },
      { name: 'stock', arguments: { sku: 2 }, result: [3] },
    ]);
  });

  it('keeps what it says of its tools itself', () => {
    const assembler = new RunAssembler();
    const own = [{ name: 'own' }];
    const run = span('invoke_agent', { 'spanport.tool.executions': JSON.stringify(own) });
    assembler.add(tool(run.spanId));
    expect(completedBy(assembler, run)[0]?.toolExecutions).toEqual(own);
  });

  it('is told a thousand tools at the most, and tools of nobody are kept nowhere', () => {
    const assembler = new RunAssembler();
    const run = span('invoke_agent', {});
    for (let index = 0; index < 1_500; index += 1) {
      assembler.add(tool(run.spanId));
      assembler.add(tool(undefined));
    }
    expect(completedBy(assembler, run)[0]?.toolExecutions).toHaveLength(1_000);
  });

  it('is no interaction where it ran in the process of its caller', () => {
    expect(new RunAssembler().add(span('invoke_agent', {}, { kind: SpanKind.INTERNAL }))).toEqual([]);
  });
});

it('gives the documents of a retrieval to the chat of its trace', () => {
  const assembler = new RunAssembler();
  const documents = [{ id: 'd1', score: 0.5 }];
  assembler.add(span('retrieval', { 'gen_ai.retrieval.documents': JSON.stringify(documents) }));
  expect(completedBy(assembler, span('chat', {}))[0]?.context).toEqual(documents);
  expect(completedBy(assembler, span('chat', { 'spanport.context': '"mine"' }))[0]?.context).toBe('mine');
  expect(completedBy(assembler, span('chat', {}, { traceId: 'b'.repeat(32) }))[0]?.context).toBeUndefined();
  expect(completedBy(assembler, span('embeddings', {}))[0]?.context).toBeUndefined();
});

it("never gives one person's documents to another's chat, though a batch job serves both in one trace", () => {
  const assembler = new RunAssembler();
  const documents = JSON.stringify([{ id: 'd1' }]);
  assembler.add(span('retrieval', { 'gen_ai.retrieval.documents': documents, 'user.id': 'ann' }));
  expect(completedBy(assembler, span('chat', { 'user.id': 'bob' }))[0]?.context).toBeUndefined();
  expect(completedBy(assembler, span('chat', {}, { parentSpanId: 'c'.repeat(16) }))[0]?.context).toBeUndefined();
  expect(
    completedBy(assembler, span('chat', { 'user.id': 'ann' }, { parentSpanId: 'c'.repeat(16) }))[0]?.context,
  ).toEqual([{ id: 'd1' }]);
});
