import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunAssembler } from '../../src/exporter/run-assembler.ts';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { type SpanData, SpanKind, SpanStatusCode } from '../../src/semconv/span-data.ts';
import { captured, spansOf } from '../dialects/captured.ts';

const traceId = 'a'.repeat(32);

interface Given {
  readonly id: string;
  readonly parent?: string;
  readonly scope?: string;
  readonly from?: number;
  readonly to?: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

function span({ id, parent, scope = 'some-tracer', from = 0, to = 10, attributes }: Given): SpanData {
  return {
    name: id,
    kind: SpanKind.CLIENT,
    traceId,
    spanId: id,
    startTime: [1_000, from * 1e6],
    endTime: [1_000, to * 1e6],
    attributes,
    resource: {},
    status: { code: SpanStatusCode.UNSET },
    scope: { name: scope },
    ...(parent !== undefined && { parentSpanId: parent }),
  };
}

const chat = (more: Readonly<Record<string, unknown>> = {}) => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'gpt-4o-mini',
  ...more,
});
const usage = { 'gen_ai.usage.input_tokens': 24, 'gen_ai.usage.output_tokens': 9 };

/** All interactions of spans that arrive in this order, then nothing more. */
function interactionsOf(spans: readonly SpanData[]): readonly Interaction[] {
  const assembler = new RunAssembler();
  const atOnce = spans.flatMap((each) => assembler.add(each));
  return [...atOnce, ...assembler.release(true).map(({ interaction }) => interaction)];
}

const shuffled = (spans: readonly SpanData[]): fc.Arbitrary<SpanData[]> =>
  fc.shuffledSubarray([...spans], { minLength: spans.length });

describe('nested spans of one call', () => {
  it.each([
    ['ai-sdk-5', 'chat', 1],
    ['ai-sdk-5', 'tools', 2],
    ['ai-sdk-6', 'stream', 1],
    ['ai-sdk-7', 'chat', 1],
    ['ai-sdk-7', 'tools', 2],
    ['ai-sdk-7', 'embeddings', 1],
    ['ai-sdk-7-legacy', 'tools', 2],
    ['openinference-langchain', 'chat', 1],
    ['python-logfire', 'stream', 1],
  ])('of %s (%s) give one interaction a call, in whatever order they arrive', (name, scenario, calls) => {
    const spans = spansOf(captured(name).scenarios[scenario] ?? { spans: [] });
    const tokens = interactionsOf(spans).map((each) => each.usage?.inputTokens);
    fc.assert(
      fc.property(shuffled(spans), (order) => {
        const interactions = interactionsOf(order);
        expect(interactions).toHaveLength(calls);
        const total = interactions.reduce((sum, each) => sum + (each.usage?.inputTokens ?? 0), 0);
        expect(total).toBe(tokens.reduce<number>((sum, each) => sum + (each ?? 0), 0));
      }),
    );
  });

  it('pass on what they know of the caller', () => {
    const spans = spansOf(captured('ai-sdk-7').scenarios['tools'] ?? { spans: [] });
    for (const interaction of interactionsOf(spans)) {
      expect(interaction).toMatchObject({
        user: { id: 'ada' },
        sessionId: 'session-1',
        custom: { plan: 'gold' },
        agent: { name: 'travel-agent' },
        usage: { inputTokens: 24, outputTokens: 9 },
      });
    }
  });
});

describe('two tracers on one call', () => {
  const inner = span({
    id: '1',
    parent: '2',
    scope: 'spanport',
    from: 2,
    to: 8,
    attributes: chat({ ...usage, 'gen_ai.response.id': 'resp_1', 'gen_ai.usage.cache_read.input_tokens': 8 }),
  });
  const outer = span({
    id: '2',
    parent: '3',
    scope: '@arizeai/openinference-instrumentation-langchain',
    from: 1,
    to: 9,
    attributes: {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gpt-4o-mini',
      'llm.token_count.prompt': 24,
      'llm.input_messages.0.message.role': 'user',
      'llm.input_messages.0.message.content': 'Hello?',
      'user.id': 'ada',
    },
  });
  const chain = span({
    id: '3',
    scope: '@arizeai/openinference-instrumentation-langchain',
    attributes: { 'openinference.span.kind': 'CHAIN', 'session.id': 'session-1' },
  });

  it('make one record, whatever arrives first', () => {
    fc.assert(
      fc.property(shuffled([inner, outer, chain]), (order) => {
        const interactions = interactionsOf(order);
        expect(interactions).toHaveLength(1);
        expect(interactions[0]?.usage?.inputTokens).toBe(24);
      }),
    );
  });

  it('are merged field by field, with usage and cost of the one that counts more', () => {
    const [merged] = interactionsOf([outer, inner, chain]);
    expect(merged).toMatchObject({
      spanId: '1',
      responseId: 'resp_1',
      inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Hello?' }] }],
      usage: { inputTokens: 24, outputTokens: 9, cacheReadInputTokens: 8 },
      user: { id: 'ada' },
      sessionId: 'session-1',
    });
    expect(merged?.cost?.total).toBeGreaterThan(0);
  });

  it('are one call next to each other when the response id and the time agree', () => {
    const other = span({ id: '4', parent: '3', scope: 'other', attributes: chat({ 'gen_ai.response.id': 'resp_1' }) });
    expect(interactionsOf([inner, other, chain])).toHaveLength(1);
  });
});

it('counts spans without a record of their own by reason', () => {
  const assembler = new RunAssembler();
  const spans = spansOf(captured('ai-sdk-6').scenarios['tools'] ?? { spans: [] });
  for (const each of spans) assembler.add(each);
  assembler.add(span({ id: '1', attributes: { 'http.request.method': 'GET' } }));
  assembler.add(span({ id: '2', attributes: { 'openinference.span.kind': 'PROMPT' } }));
  expect(assembler.leftOut).toEqual({ outer_span: 1, tool: 1, no_dialect: 1, part: 1 });
});

describe('two calls', () => {
  const root = span({ id: '9', attributes: { 'openinference.span.kind': 'CHAIN' } });
  const one = (id: string, more: Partial<Given> = {}) =>
    span({ id, parent: '9', attributes: chat({ ...usage, 'gen_ai.response.id': `resp_${id}` }), ...more });

  it('of one model at one time stay two', () => {
    fc.assert(
      fc.property(shuffled([one('1'), one('2'), root]), (order) => {
        expect(interactionsOf(order)).toHaveLength(2);
      }),
    );
  });

  it('of one tracer stay two, even with one response id from a cache', () => {
    const cached = { attributes: chat({ 'gen_ai.response.id': 'resp_1' }) };
    expect(interactionsOf([one('1'), one('2', cached), root])).toHaveLength(2);
  });

  it('below a span that could describe either keep their own usage, and that span makes no record', () => {
    const around = span({ id: '8', scope: 'other', attributes: chat({ 'gen_ai.usage.input_tokens': 48 }) });
    const below = { parent: '8' };
    fc.assert(
      fc.property(shuffled([one('1', below), one('2', below), around]), (order) => {
        const tokens = interactionsOf(order).map((each) => each.usage?.inputTokens);
        expect(tokens.reduce<number>((sum, each) => sum + (each ?? 0), 0)).toBe(48);
      }),
    );
  });

  it('of other models below it are no part of a call', () => {
    const embedding = span({
      id: '1',
      parent: '2',
      attributes: { 'gen_ai.operation.name': 'embeddings', 'gen_ai.request.model': 'text-embedding-3-small' },
    });
    expect(interactionsOf([embedding, span({ id: '2', attributes: chat(usage) })])).toHaveLength(2);
  });
});

describe('waiting', () => {
  it('ends when every span around the call has ended', () => {
    const assembler = new RunAssembler();
    const outer = span({ id: '2', attributes: { 'openinference.span.kind': 'CHAIN' } });
    expect(assembler.add(span({ id: '1', parent: '2', attributes: chat() }))).toHaveLength(0);
    expect(assembler.held).toBe(1);
    expect(assembler.add(outer)).toHaveLength(1);
    expect(assembler.held).toBe(0);
  });

  it('ends after a second, and a later half makes no second record', () => {
    let now = 0;
    const assembler = new RunAssembler({ now: () => now });
    const inner = { id: '1', parent: '2', scope: 'a', attributes: chat({ ...usage, 'gen_ai.response.id': 'resp_1' }) };
    assembler.add(span(inner));
    now = 999;
    expect(assembler.release(false)).toHaveLength(0);
    now = 1_000;
    expect(assembler.release(false)).toHaveLength(1);
    expect(assembler.add(span({ id: '2', scope: 'b', attributes: chat(usage) }))).toHaveLength(0);
    expect(assembler.leftOut).toEqual({ late: 1 });
  });

  it('is not for calls of ours while no other tracer was seen', () => {
    const assembler = new RunAssembler();
    const ours = span({ id: '1', parent: '2', scope: 'spanport', attributes: chat(usage) });
    expect(assembler.add(ours)).toHaveLength(1);
    const around = span({ id: '2', scope: 'langchain', attributes: chat(usage) });
    expect(assembler.add(around)).toHaveLength(0);
    expect(assembler.release(true)).toHaveLength(0);
  });

  it('is bounded', () => {
    const assembler = new RunAssembler();
    const many = Array.from({ length: 5_000 }, (_, index) =>
      span({ id: `${index}`, parent: 'x', attributes: chat({ 'gen_ai.response.id': `resp_${index}` }) }),
    );
    const atOnce = many.flatMap((each) => assembler.add(each));
    expect(assembler.held).toBeLessThanOrEqual(200);
    expect(atOnce.length + assembler.held).toBe(5_000);
  });
});
