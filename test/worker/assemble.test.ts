import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { encodeSpan } from '../../src/otlp/write-protobuf.ts';
import { SpanKind, SpanStatusCode } from '../../src/semconv/span-data.ts';
import { AssembleStage } from '../../src/worker/assemble/assemble-stage.ts';
import { DeadLetters } from '../../src/worker/dead-letters.ts';
import { LogClock } from '../../src/worker/log-clock.ts';
import { chat, FakePublisher, otlpJson, record } from './support.ts';

const topics = { spans: 'spans', interactions: 'interactions' };

/** A stage with one partition whose time is that of its records. */
function stage() {
  const publisher = new FakePublisher();
  const subject = new AssembleStage({
    publisher: publisher.asPublisher(),
    deadLetters: new DeadLetters(publisher.asPublisher(), 'dead'),
    topics,
  });
  const clock = new LogClock(
    () => Number.MAX_SAFE_INTEGER,
    () => 0,
  );
  const work = subject.open(clock);
  const settled: number[] = [];
  return {
    publisher,
    subject,
    work,
    settled,
    take(offset: number, value: Buffer | string | null, timestamp = offset): void {
      clock.observe(timestamp);
      const settle = (): void => void settled.push(offset);
      const each = record(offset, value, timestamp);
      try {
        work.take(each, settle);
      } catch (error) {
        subject.unreadable(each, error, settle);
      }
    },
    interactions: (): readonly Interaction[] =>
      publisher.to('interactions').map(({ value }) => JSON.parse(String(value)) as Interaction),
  };
}

function messagesOf(texts: readonly string[]): Readonly<Record<string, string>> {
  const messages = texts.map((content) => ({ role: 'user', parts: [{ type: 'text', content }] }));
  return { 'gen_ai.input.messages': JSON.stringify(messages) };
}

describe('the assembling stage', () => {
  it('publishes a call of ours at once, keyed by its conversation, and settles the record when it is acknowledged', () => {
    const { take, work, publisher, interactions, settled } = stage();
    take(7, otlpJson({ trace: 'a', span: '1', attributes: { ...chat, 'gen_ai.conversation.id': 'conv-1' } }));
    expect(interactions()).toMatchObject([
      { id: `${'a'.padStart(32, '0')}:${'1'.padStart(16, '0')}`, requestModel: 'gpt-4o', serviceName: 'shop' },
    ]);
    expect(publisher.records[0]).toMatchObject({
      key: 'conv-1',
      headers: { 'spanport-format': 'interaction/1' },
    });
    expect(settled).toEqual([]);
    expect(work.ready).toBe(1);
    publisher.acknowledge();
    expect(settled).toEqual([7]);
    expect(work.ready).toBe(0);
  });

  it('reads protobuf like JSON', () => {
    const { take, interactions } = stage();
    const bytes = encodeSpan({
      name: 'chat gpt-4o',
      kind: SpanKind.CLIENT,
      traceId: 'b'.repeat(32),
      spanId: 'c'.repeat(16),
      startTime: [1, 0],
      endTime: [2, 0],
      attributes: chat,
      resource: {},
      status: { code: SpanStatusCode.UNSET },
      scope: { name: 'spanport' },
    });
    take(0, Buffer.from(bytes));
    expect(interactions()).toMatchObject([{ operation: 'chat', traceId: 'b'.repeat(32), startTime: 1_000 }]);
  });

  it('keys a call without a conversation by its trace, and both halves of a background response by its id', () => {
    const { take, publisher } = stage();
    const queued = { 'gen_ai.response.id': 'resp_1', 'gen_ai.response.status': 'queued' };
    take(0, otlpJson({ trace: 'a', span: '1', attributes: chat }));
    take(1, otlpJson({ trace: 'a', span: '2', attributes: { ...chat, ...queued, 'gen_ai.conversation.id': 'c' } }));
    const fetched = { 'gen_ai.operation.name': 'fetch_response', 'gen_ai.response.id': 'resp_1' };
    take(2, otlpJson({ trace: 'b', span: '3', attributes: { ...fetched, 'gen_ai.response.status': 'completed' } }));
    expect(publisher.records.map(({ key }) => key)).toEqual(['a'.padStart(32, '0'), 'resp_1', 'resp_1']);
  });

  it('keys an interaction by its project, too', () => {
    const { take, publisher } = stage();
    for (const project of ['A', 'b/c d', 'default']) {
      take(0, otlpJson({ trace: 'a', span: '1', project, attributes: { ...chat, 'gen_ai.conversation.id': 'c' } }));
    }
    expect(publisher.records.map(({ key }) => key)).toEqual(['project=A c', 'project=b%2Fc%20d c', 'c']);
  });

  it('joins no spans of two projects that have equal ids', () => {
    const { take, work, interactions, publisher, settled } = stage();
    const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'hours' };
    const run = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.provider.name': 'openai' };
    const [inner, outer] = [
      { trace: 'a', span: '2', parent: '1', scope: 'other', kind: 1, attributes: tool },
      { trace: 'a', span: '1', scope: 'other', attributes: run },
    ];
    take(0, otlpJson({ ...inner, project: 'A' }), 1_000);
    take(1, otlpJson({ ...outer, project: 'B' }), 2_000);
    work.relieve();
    expect(interactions()[0]).not.toHaveProperty('toolExecutions');
    publisher.acknowledge();
    // The tool was given up as well.
    expect(settled.sort()).toEqual([0, 1]);
    take(2, otlpJson({ ...inner, project: 'A' }, { ...outer, project: 'A' }), 3_000);
    work.relieve();
    expect(interactions()[1]).toMatchObject({ toolExecutions: [{ name: 'hours' }] });
  });

  it('counts what it leaves out in all projects, also once a partition is closed', async () => {
    const { take, work, subject } = stage();
    for (const project of ['A', 'B']) {
      take(0, otlpJson({ trace: 'a', span: '1', scope: 'http', name: 'GET', project, attributes: {} }));
    }
    expect(Object.fromEntries(subject.leftOut)).toEqual({ no_dialect: 2 });
    await work.close();
    expect(Object.fromEntries(subject.leftOut)).toEqual({ no_dialect: 2 });
  });

  it('gives what is no OTLP to the dead letters, with the reason and the place, and goes on', () => {
    const { take, publisher, settled } = stage();
    take(3, 'not OTLP');
    take(4, '{"resourceSpans": 1');
    publisher.acknowledge();
    expect(settled).toEqual([3, 4]);
    const [first, second] = publisher.to('dead');
    expect(first).toMatchObject({
      key: Buffer.from('key'),
      value: Buffer.from('not OTLP'),
      headers: { 'spanport-stage': 'assemble', 'spanport-topic': 'spans', 'spanport-offset': '3' },
    });
    expect(second?.headers?.['spanport-reason']).toContain('The record is not JSON');
  });

  it('cuts the texts of a call that its topic refuses for its size, again and again, and counts the call once', () => {
    const { take, publisher, subject } = stage();
    take(0, otlpJson({ trace: 'a', span: '1', attributes: { ...chat, ...messagesOf(['y'.repeat(50_000), 'z']) } }));
    const [whole] = publisher.to('interactions');
    const half = whole?.shortened?.();
    const quarter = half?.shortened?.();
    expect(half).toMatchObject({ topic: 'interactions', key: whole?.key, headers: whole?.headers });
    expect(half?.value?.byteLength).toBeLessThan((whole?.value?.byteLength ?? 0) / 2);
    expect(quarter?.value?.byteLength).toBeLessThan((half?.value?.byteLength ?? 0) / 2);
    expect(String(quarter?.value)).toContain('[cut by spanport: 50000 characters]');
    expect(subject.counts).toMatchObject({ interactions: 1, cut: 1 });
  });

  it('makes a dead letter of a call that its topic refuses for its size although it has no long text', () => {
    const { take, publisher, subject } = stage();
    const short = Array.from({ length: 200 }, (_, index) => `message ${index}`);
    take(0, otlpJson({ trace: 'a', span: '1', attributes: { ...chat, ...messagesOf(short) } }));
    const [whole] = publisher.to('interactions');
    const letter = whole?.shortened?.();
    expect(letter).toMatchObject({
      topic: 'dead',
      key: whole?.key,
      value: whole?.value,
      headers: { 'spanport-stage': 'assemble', 'spanport-topic': 'interactions' },
    });
    expect(letter?.headers?.['spanport-reason']).toBe(
      `The topic refuses a message of ${whole?.value?.byteLength} bytes, and no text is left to cut.`,
    );
    expect(subject.counts.cut).toBe(0);
  });

  it('publishes the spans of a record that can be read, and the record as a dead letter for the others', () => {
    const { take, publisher, interactions, settled, subject } = stage();
    const good = otlpJson({ trace: 'a', span: '1', attributes: chat });
    const bad = otlpJson({ trace: 'nonsense', span: '2', attributes: chat });
    const both = { resourceSpans: [...JSON.parse(good).resourceSpans, ...JSON.parse(bad).resourceSpans] };
    take(0, JSON.stringify(both));
    expect(interactions()).toHaveLength(1);
    expect(publisher.to('dead')[0]?.headers?.['spanport-reason']).toContain('1 of 2 spans are malformed');
    expect(subject.counts).toMatchObject({ spans: 1, malformed: 1 });
    publisher.acknowledge();
    expect(settled).toEqual([0]);
  });

  it('settles at once what is not about a model, and an empty record', () => {
    const { take, settled, subject } = stage();
    take(0, otlpJson({ trace: 'a', span: '1', scope: 'http', name: 'GET', attributes: {} }));
    take(1, null);
    expect(settled).toEqual([0, 1]);
    expect(Object.fromEntries(subject.leftOut)).toEqual({ no_dialect: 1 });
  });

  it('keeps a call of another tracer open, over records, until the span around it came', () => {
    const { take, work, publisher, interactions, settled } = stage();
    take(0, otlpJson({ trace: 'a', span: '2', parent: '1', scope: 'other', attributes: chat }), 1_000);
    work.tick();
    expect(interactions()).toEqual([]);
    const outer = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.conversation.id': 'conv-9' };
    take(1, otlpJson({ trace: 'a', span: '1', scope: 'other', kind: 1, attributes: outer }), 2_000);
    expect(interactions()).toMatchObject([{ operation: 'chat', conversationId: 'conv-9' }]);
    expect(settled).toEqual([]);
    publisher.acknowledge();
    expect(settled.sort()).toEqual([0, 1]);
  });

  it('lets a call go after five seconds of log time, however fast the log is read', () => {
    const { take, work, publisher, interactions, settled } = stage();
    take(0, otlpJson({ trace: 'a', span: '2', parent: '1', scope: 'other', attributes: chat }), 1_000);
    take(1, otlpJson({ trace: 'b', span: '3', scope: 'http', name: 'GET' }), 5_999);
    work.tick();
    expect(interactions()).toEqual([]);
    take(2, otlpJson({ trace: 'b', span: '4', scope: 'http', name: 'GET' }), 6_000);
    work.tick();
    expect(interactions()).toMatchObject([{ operation: 'chat' }]);
    expect(settled).toEqual([1, 2]);
    publisher.acknowledge();
    expect(settled).toEqual([1, 2, 0]);
  });

  it('holds the tools of a run of another tracer until the run came, and at most two minutes', () => {
    const { take, work, publisher, interactions, settled } = stage();
    const tool = (trace: string) =>
      otlpJson({
        trace,
        span: '2',
        parent: '1',
        scope: 'other',
        kind: 1,
        attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'hours' },
      });
    take(0, tool('a'), 1_000);
    take(1, tool('b'), 1_000);
    const run = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.provider.name': 'openai' };
    take(2, otlpJson({ trace: 'a', span: '1', scope: 'other', attributes: run }), 2_000);
    work.relieve();
    expect(interactions()).toMatchObject([{ operation: 'invoke_agent', toolExecutions: [{ name: 'hours' }] }]);
    publisher.acknowledge();
    expect(settled.sort()).toEqual([0, 1, 2]);

    const later = stage();
    later.take(0, tool('c'), 1_000);
    later.take(1, null, 120_999);
    later.work.tick();
    expect(later.settled).toEqual([1]);
    later.take(2, null, 121_000);
    later.work.tick();
    expect(later.settled).toEqual([1, 2, 0]);
  });

  it('lets everything go when the partition has no room, and counts it', () => {
    const { take, work, interactions, subject } = stage();
    take(0, otlpJson({ trace: 'a', span: '2', parent: '1', scope: 'other', attributes: chat }));
    work.relieve();
    expect(interactions()).toHaveLength(1);
    expect(subject.counts.releasedEarly).toBe(1);
  });

  it('masks secrets before they are in the topic', () => {
    const { take, publisher } = stage();
    const secret = `sk-${'a1B2c3D4'.repeat(5)}`;
    const messages = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: `my key is ${secret}` }] }]);
    take(0, otlpJson({ trace: 'a', span: '1', attributes: { ...chat, 'gen_ai.input.messages': messages } }));
    expect(String(publisher.records[0]?.value)).toContain('my key is');
    expect(String(publisher.records[0]?.value)).not.toContain(secret);
  });

  it('cuts the texts of an interaction that no broker would take, and counts it', () => {
    const { take, publisher, subject } = stage();
    const text = 'x'.repeat(2_000_000);
    const messages = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: text }] }]);
    take(0, otlpJson({ trace: 'a', span: '1', attributes: { ...chat, 'gen_ai.input.messages': messages } }));
    expect(publisher.records[0]?.value?.byteLength).toBeLessThanOrEqual(900_000);
    expect(String(publisher.records[0]?.value)).toContain('[cut by spanport: 2000000 characters]');
    expect(subject.counts.cut).toBe(1);
  });
});
