import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noStats } from '../../src/exporter/destination.ts';
import { instrumentOpenAI, type SpanDestination, start } from '../../src/index.ts';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';

let fake: FakeOpenAI;
let openai: OpenAI;

beforeEach(async () => {
  fake = await startFakeOpenAI({ assistants: [{ id: 'asst_1', name: 'Clerk', model: 'gpt-4o-mini' }] });
  openai = instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: fake.baseURL, maxRetries: 0 }));
});
afterEach(() => fake.close());

/** What one process records: each start() has its own state. */
async function recordsOf<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly records: Interaction[] }> {
  const records: Interaction[] = [];
  const destination: SpanDestination = {
    name: 'records',
    wantsContent: true,
    take: ({ interactions }) => void records.push(...interactions),
    record: (interactions) => void records.push(...interactions),
    forceFlush: () => Promise.resolve({ waiting: 0, onDisk: 0 }),
    shutdown: () => Promise.resolve({ waiting: 0, onDisk: 0 }),
    stats: () => noStats,
  };
  const handle = start({ destinations: [destination] });
  try {
    const result = await work();
    await handle.forceFlush();
    return { result, records };
  } finally {
    await handle.shutdown();
  }
}

const textOf = (messages: Interaction['outputMessages']): string => JSON.stringify(messages ?? []);

describe('a background response that one process creates and another fetches', () => {
  const create = async (): Promise<string> =>
    (await openai.responses.create({ model: 'gpt-4o-mini', input: 'Count to ten', background: true })).id;
  const fetch = async (id: string): Promise<void> => {
    for (;;) {
      const { status } = await openai.responses.retrieve(id);
      if (status === 'completed') return;
    }
  };

  it('has the question in the one and the answer in the other, once', async () => {
    fake.reply('one two three');
    const asked = await recordsOf(create);
    const answered = await recordsOf(async () => {
      await fetch(asked.result);
      await fetch(asked.result);
    });
    expect(asked.records).toMatchObject([{ operation: 'chat', responseId: asked.result, responseStatus: 'queued' }]);
    expect(textOf(asked.records[0]?.inputMessages)).toContain('Count to ten');
    expect(answered.records).toMatchObject([
      {
        id: `response:127.0.0.1:${asked.result}`,
        operation: 'chat',
        responseStatus: 'completed',
        usage: { outputTokens: expect.any(Number) },
      },
    ]);
    expect(textOf(answered.records[0]?.outputMessages)).toContain('one two three');
  });

  it('has an answer also where only its end was fetched, as after a webhook', async () => {
    fake.reply('one two three');
    const id = await create();
    for (;;) if ((await openai.responses.retrieve(id)).status === 'completed') break;
    const { records } = await recordsOf(() => fetch(id));
    expect(records).toHaveLength(1);
    expect(textOf(records[0]?.outputMessages)).toContain('one two three');
  });

  it('is one record in a process that does both, and none where a stored answer is looked up', async () => {
    fake.reply('one two three');
    const { records } = await recordsOf(async () => {
      const id = await create();
      await fetch(id);
      await fetch(id);
    });
    expect(records).toHaveLength(1);
    const stored = await openai.responses.create({ model: 'gpt-4o-mini', input: 'Hi' });
    expect((await recordsOf(() => openai.responses.retrieve(stored.id))).records).toEqual([]);
  });
});

describe('an assistant run that one process creates and another polls', () => {
  it('has one id in both, and the answer in the one that saw it', async () => {
    fake.reply('Nine to five.');
    const asked = await recordsOf(async () => {
      const thread = await openai.beta.threads.create({ messages: [{ role: 'user', content: 'When do you open?' }] });
      return openai.beta.threads.runs.create(thread.id, { assistant_id: 'asst_1' });
    });
    const { id, thread_id } = asked.result;
    const answered = await recordsOf(async () => {
      await openai.beta.threads.runs.poll(id, { thread_id });
      await openai.beta.threads.messages.list(thread_id, { run_id: id });
    });
    expect([...asked.records, ...answered.records].map((each) => [each.id, each.run?.status])).toEqual([
      [`run:127.0.0.1:${id}`, 'unknown'],
      [`run:127.0.0.1:${id}`, 'completed'],
    ]);
    expect(textOf(asked.records[0]?.inputMessages)).toContain('When do you open?');
    expect(textOf(answered.records[0]?.outputMessages)).toContain('Nine to five.');
  });
});
