import { expect, it } from 'vitest';
import { streamReaders } from '../support/stream-readers.ts';
import { ASSISTANT_ID, only, openScene } from './assistants-scene.ts';

const COUNT = 'spanport.response.chunk.count';

it('counts the chunks of all streams of a run', async () => {
  const { client, server, ask, runSpans } = await openScene();
  server.reply({ rounds: [{ toolCalls: [{ name: 'find_order', id: 'call_1' }] }, 'It arrives on Tuesday.'] });
  const threadId = await ask();
  const { runs } = client.beta.threads;
  let count = 0;
  let id = '';
  for await (const event of await runs.create(threadId, { assistant_id: ASSISTANT_ID, stream: true })) {
    if (event.event === 'thread.run.created') id = event.data.id;
    count += 1;
  }
  const outputs = [{ tool_call_id: 'call_1', output: 'Tuesday' }];
  const rest = { thread_id: threadId, tool_outputs: outputs, stream: true } as const;
  for await (const _ of await runs.submitToolOutputs(id, rest)) count += 1;
  expect(only(runSpans()).attributes[COUNT]).toBe(count);
});

it.each(streamReaders)('counts the chunks of a run that is created with its thread, and %s', async (_, read) => {
  const { client, runSpans } = await openScene();
  const stream = await client.beta.threads.createAndRun({
    assistant_id: ASSISTANT_ID,
    thread: { messages: [{ role: 'user', content: 'Is the shop open?' }] },
    stream: true,
  });
  const count = await read(stream);
  await expect.poll(() => runSpans().length).toBe(1);
  expect(only(runSpans()).attributes[COUNT]).toBe(count);
});

it('counts nothing for a run that is polled', async () => {
  const { client, ask, runSpans } = await openScene();
  const threadId = await ask();
  await client.beta.threads.runs.createAndPoll(threadId, { assistant_id: ASSISTANT_ID });
  await client.beta.threads.messages.list(threadId);
  expect(only(runSpans()).attributes).not.toHaveProperty([COUNT]);
});
