import { trace } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noStats } from '../../src/exporter/destination.ts';
import {
  type Handle,
  instrumentOpenAI,
  recordFeedback,
  recordUsageEvent,
  type StartOptions,
  start,
  withContext,
} from '../../src/index.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';
import { type Sink, startSink } from '../support/vendor-sink.ts';

let fake: FakeOpenAI;
let sink: Sink;
let openai: OpenAI;
let handle: Handle;

beforeEach(async () => {
  fake = await startFakeOpenAI({ assistants: [{ id: 'asst_1', name: 'Clerk', model: 'gpt-4o-mini' }] });
  sink = await startSink();
  openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL }));
});
afterEach(async () => {
  await handle.shutdown();
  logs.disable();
  await Promise.all([fake.close(), sink.close()]);
});

function begin(options: StartOptions = {}): void {
  handle = start({
    destinations: [
      { name: 'athina', apiKey: 'k', baseUrl: sink.url },
      { name: 'inkeep', apiKey: 'k', url: sink.url },
    ],
    ...options,
  });
}

const chat = () =>
  openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });

async function verdicts() {
  await handle.forceFlush();
  const of = (wanted: (one: (typeof sink.received)[number]) => boolean) =>
    sink.received
      .filter(wanted)
      .map(({ path, body }): Record<string, unknown> => ({ path, ...(JSON.parse(body) as Record<string, unknown>) }));
  const [record] = of(({ method, path }) => method === 'POST' && path.includes('inference'));
  const [conversation] = of(({ path }) => path === '/conversations');
  return {
    athina: of(({ method }) => method === 'PATCH'),
    inkeep: of(({ path }) => path === '/feedback'),
    reference: record?.['external_reference_id'],
    answer: (conversation?.['messages'] as { id: string }[] | undefined)?.at(-1)?.id,
  };
}

describe('a verdict on a chat', () => {
  it.each<readonly [string, (answered: OpenAI.ChatCompletion) => Promise<void>]>([
    ['its response id', ({ id }) => recordFeedback({ rating: 'negative', comment: 'wrong', responseId: id })],
    ['its conversation', () => recordFeedback({ rating: 'negative', comment: 'wrong', conversationId: 'c-1' })],
  ])('reaches Athina and Inkeep by %s, in the very turn of the answer', async (_, tell) => {
    begin();
    const answered = await withContext({ conversationId: 'c-1' }, chat);
    await tell(answered);
    const { athina, inkeep, reference, answer } = await verdicts();
    expect(reference).toBeDefined();
    expect(answer).toBeDefined();
    expect(athina).toMatchObject([
      { external_reference_id: reference, user_feedback: -1, user_feedback_comment: 'wrong' },
    ]);
    expect(inkeep).toMatchObject([{ type: 'negative', messageId: answer, details: 'wrong' }]);
  });

  it('reaches them from within the span around the call', async () => {
    begin();
    await trace.getTracer('app').startActiveSpan('request', async (span) => {
      await chat();
      await recordFeedback({ rating: 'positive', score: 5 });
      span.end();
    });
    const { athina, inkeep, reference, answer } = await verdicts();
    expect(athina).toMatchObject([{ external_reference_id: reference, user_feedback: 1 }]);
    expect(inkeep).toMatchObject([{ type: 'positive', messageId: answer, properties: { score: 5 } }]);
  });

  it('is about the conversation that it names, not about the answer of the active span', async () => {
    begin();
    await withContext({ conversationId: 'c-1' }, chat);
    await trace.getTracer('app').startActiveSpan('request', async (span) => {
      await withContext({ conversationId: 'c-2' }, chat);
      await recordFeedback({ rating: 'positive', conversationId: 'c-1' });
      span.end();
    });
    const { athina, inkeep, reference, answer } = await verdicts();
    expect(athina).toMatchObject([{ external_reference_id: reference }]);
    expect(inkeep).toMatchObject([{ messageId: answer }]);
  });

  it('carries no words where no content may go, and no secrets anywhere', async () => {
    begin({ content: { athina: 'none' } });
    const { id } = await chat();
    await recordFeedback({ rating: 'negative', comment: 'my key sk-abcdefghijklmnop123 leaked', responseId: id });
    const { athina, inkeep } = await verdicts();
    expect(athina).toHaveLength(1);
    expect(athina[0]).not.toHaveProperty('user_feedback_comment');
    expect(inkeep).toMatchObject([{ details: 'my key sk-[masked] leaked' }]);
  });
});

it('is about the message that it names, of a run as well', async () => {
  begin();
  fake.reply('Nine to five.');
  const thread = await openai.beta.threads.create({ messages: [{ role: 'user', content: 'When?' }] });
  await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: 'asst_1' });
  const [message] = (await openai.beta.threads.messages.list(thread.id)).data;
  await recordFeedback({ rating: 'positive', messageId: message?.id ?? '' });
  const { athina, inkeep } = await verdicts();
  expect(athina).toMatchObject([{ external_reference_id: message?.id, user_feedback: 1 }]);
  expect(inkeep).toMatchObject([{ messageId: message?.id }]);
});

describe('what a person did', () => {
  const events = async () => {
    await handle.forceFlush();
    return sink.received
      .filter(({ path }) => path === '/events')
      .map(({ body }) => JSON.parse(body) as Record<string, unknown>)
      .sort((one, other) => String(one['type']).localeCompare(String(other['type'])));
  };

  it('reaches Inkeep under the id by which it knows the answer, with the user of the context', async () => {
    begin();
    const { id } = await withContext({ conversationId: 'c-1' }, chat);
    await withContext({ user: { id: 'u-17' } }, () => recordUsageEvent({ type: 'message:copied', responseId: id }));
    await recordUsageEvent({ type: 'conversation:shared', conversationId: 'c-1' });
    const { answer } = await verdicts();
    expect(answer).toBeDefined();
    expect(await events()).toMatchObject([
      { type: 'conversation:shared', entityType: 'conversation', conversationId: 'c-1' },
      { type: 'message:copied', entityType: 'message', messageId: answer, userProperties: { userId: 'u-17' } },
    ]);
  });

  it('tells no search where no content may go, and no secrets anywhere', async () => {
    const searched = { type: 'search', searchQuery: 'is sk-abcdefghijklmnop123 valid' };
    begin();
    await recordUsageEvent(searched);
    expect(await events()).toMatchObject([{ entityType: 'search', searchQuery: 'is sk-[masked] valid' }]);
    await handle.shutdown();
    begin({ content: { inkeep: 'none' } });
    await recordUsageEvent(searched);
    expect(await events()).toHaveLength(1);
    expect(handle.stats().destinations['inkeep']).toMatchObject({ enqueued: 0, skipped: 1 });
  });
});

describe('the evaluation event', () => {
  it('goes through the LoggerProvider of the application', async () => {
    begin();
    const memory = new InMemoryLogRecordExporter();
    logs.setGlobalLoggerProvider(
      new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: memory })] }),
    );
    await recordFeedback({ rating: 'negative', comment: 'wrong', responseId: 'r-1', conversationId: 'c-1' });
    expect(memory.getFinishedLogRecords()).toMatchObject([
      {
        eventName: 'gen_ai.evaluation.result',
        attributes: {
          'gen_ai.evaluation.score.label': 'negative',
          'gen_ai.evaluation.score.value': 0,
          'gen_ai.evaluation.explanation': 'wrong',
          'gen_ai.response.id': 'r-1',
          'gen_ai.conversation.id': 'c-1',
        },
      },
    ]);
  });

  it('never throws, whatever its provider and destinations do', async () => {
    const fails = (): never => {
      throw new Error('no');
    };
    begin({ destinations: [{ ...silent, feedback: fails }] });
    logs.setGlobalLoggerProvider({ getLogger: fails });
    await expect(recordFeedback({ rating: 'positive' })).resolves.toBeUndefined();
  });
});

const silent = {
  name: 'silent',
  wantsContent: false,
  take: () => {},
  forceFlush: () => Promise.resolve({ waiting: 0, onDisk: 0 }),
  shutdown: () => Promise.resolve({ waiting: 0, onDisk: 0 }),
  stats: () => noStats,
};
