import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { expect, it } from 'vitest';
import { withContext } from '../../src/instrumentation/context.ts';
import { ASSISTANT_ID, openScene } from './assistants-scene.ts';

/** The two flows of Reconify's page on the OpenAI Assistant API, as written there but for its typing errors (`run` for `runs`). */

const logged: { run: Run; messageIn: Message; messageOut: Message | null }[] = [];
const question = { role: 'user' as const, content: 'What are the store hours?' };

it('tells the documented flow with streaming', async () => {
  const { client: openai, server, recorded } = await openScene();
  server.reply('Our store is open from 9:00am to 5:00pm.');
  const thread = await openai.beta.threads.create();
  const messageIn = await openai.beta.threads.messages.create(thread.id, question);
  const done: Promise<unknown>[] = [];
  const log = async (data: Run): Promise<void> => {
    const threadList = await openai.beta.threads.messages.list(data.thread_id, { limit: 1, run_id: data.id });
    logged.push({ run: data, messageIn, messageOut: threadList.data[0] ?? null });
  };
  await openai.beta.threads.runs
    .stream(thread.id, { assistant_id: ASSISTANT_ID })
    .on('event', ({ event, data }) => {
      if (event === 'thread.run.completed') done.push(log(data));
    })
    .done();
  await Promise.all(done);
  expectRecorded(recorded(), logged.pop());
});

it('tells the documented flow without streaming, with the user of the context', async () => {
  const { client: openai, server, recorded } = await openScene();
  server.reply('Our store is open from 9:00am to 5:00pm.');
  await withContext({ user: { id: 'u-17' }, conversationId: 'chat-1' }, async () => {
    const thread = await openai.beta.threads.create();
    const messageIn = await openai.beta.threads.messages.create(thread.id, question);
    const run = await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: ASSISTANT_ID });
    const threadList = await openai.beta.threads.messages.list(run.thread_id, { limit: 1, run_id: run.id });
    logged.push({ run, messageIn, messageOut: threadList.data[0] ?? null });
  });
  expect(recorded()).toMatchObject({ user: { id: 'u-17' }, custom: { conversation_id: 'chat-1' } });
  expectRecorded(recorded(), logged.pop());
});

it('has the thread for its conversation, also where the answer names it', async () => {
  const { client, recorded } = await openScene();
  const run = await withContext({ conversationId: 'chat-2' }, () =>
    client.beta.threads.createAndRunPoll({ assistant_id: ASSISTANT_ID, thread: { messages: [question] } }),
  );
  await client.beta.threads.messages.list(run.thread_id);
  expect(recorded()).toMatchObject({ conversationId: run.thread_id, custom: { conversation_id: 'chat-2' } });
});

function expectRecorded(recorded: object, expected: (typeof logged)[number] | undefined): void {
  const { run, messageIn, messageOut } = expected ?? expect.fail('nothing was logged');
  expect(recorded).toMatchObject({
    operation: 'invoke_agent',
    conversationId: run.thread_id,
    agent: { id: run.assistant_id },
    requestModel: run.model,
    run: { id: run.id, status: 'completed', startedAt: run.started_at, completedAt: run.completed_at },
    usage: { inputTokens: run.usage?.prompt_tokens, outputTokens: run.usage?.completion_tokens },
    messageIds: { in: [messageIn.id], out: [messageOut?.id] },
    inputMessages: [
      {
        id: messageIn.id,
        createdAt: messageIn.created_at * 1_000,
        role: 'user',
        parts: [{ type: 'text', content: question.content }],
      },
    ],
    outputMessages: [{ id: messageOut?.id, role: 'assistant', finish_reason: 'stop' }],
  });
}
