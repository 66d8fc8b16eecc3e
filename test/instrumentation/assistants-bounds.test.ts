import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { endAllRuns } from '../../src/instrumentation/openai/assistants/index.ts';
import { startFakeOpenAI } from '../../src/testing.ts';
import { ASSISTANT_ID, interactionOf, only, openScene } from './assistants-scene.ts';

const assistant = { assistant_id: ASSISTANT_ID };

/** A run that this process knows nothing of. */
async function foreignRun({ server, ask }: Awaited<ReturnType<typeof openScene>>, body: object = assistant) {
  const threadId = await ask();
  const answer = await fetch(`${server.baseURL}/threads/${threadId}/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer unused' },
    body: JSON.stringify(body),
  });
  const { id } = (await answer.json()) as { id: string };
  return { id, thread: { thread_id: threadId } };
}
const advance = ({ server }: Awaited<ReturnType<typeof openScene>>, id: string, threadId: string) =>
  fetch(`${server.baseURL}/threads/${threadId}/runs/${id}`, { headers: { authorization: 'Bearer unused' } });

it('tells a run of another process that it sees unfinished', async () => {
  const scene = await openScene();
  const { id, thread } = await foreignRun(scene);
  await scene.client.beta.threads.runs.poll(id, thread);
  await scene.client.beta.threads.messages.list(thread.thread_id);
  expect(scene.recorded()).toMatchObject({
    run: { id, status: 'completed' },
    agent: { id: ASSISTANT_ID, name: 'Desk' },
    conversationId: thread.thread_id,
  });
});

it('makes no span of a run that is over when it is first seen', async () => {
  const scene = await openScene();
  const { id, thread } = await foreignRun(scene);
  for (let polls = 0; polls < 4; polls += 1) await advance(scene, id, thread.thread_id);
  await scene.client.beta.threads.runs.retrieve(id, thread);
  await scene.client.beta.threads.messages.list(thread.thread_id);
  endAllRuns(scene.recorder);
  expect(scene.runSpans()).toHaveLength(0);
});

it.each(['plain', 'stream'])('tells a run of another process whose tool outputs it submits (%s)', async (way) => {
  const scene = await openScene();
  scene.server.reply({
    rounds: [{ toolCalls: [{ id: 'call_1', name: 'hours', arguments: { day: 'Sunday' } }] }, 'Closed.'],
  });
  const { id, thread } = await foreignRun(scene, {
    ...assistant,
    tools: [{ type: 'function', function: { name: 'hours' } }],
  });
  for (let polls = 0; polls < 2; polls += 1) await advance(scene, id, thread.thread_id);
  const outputs = { ...thread, tool_outputs: [{ tool_call_id: 'call_1', output: 'closed' }] };
  const { runs, messages } = scene.client.beta.threads;
  if (way === 'plain') await runs.submitToolOutputsAndPoll(id, outputs);
  else await runs.submitToolOutputsStream(id, outputs).done();
  await runs.steps.list(id, thread);
  await messages.list(thread.thread_id);
  expect(scene.recorded()).toMatchObject({ run: { id, status: 'completed' }, finishReasons: ['stop'] });
  expect(scene.recorded().toolExecutions).toMatchObject([
    { id: 'call_1', name: 'hours', arguments: { day: 'Sunday' }, result: 'closed' },
  ]);
});

it('makes no span of tool outputs that are refused', async () => {
  const scene = await openScene();
  const { id, thread } = await foreignRun(scene);
  await expect(scene.client.beta.threads.runs.submitToolOutputs(id, { ...thread, tool_outputs: [] })).rejects.toThrow();
  endAllRuns(scene.recorder);
  expect(scene.runSpans()).toHaveLength(0);
});

it('follows a run that it cancels to its end', async () => {
  const scene = await openScene();
  const { runs } = scene.client.beta.threads;
  const run = await runs.create(await scene.ask(), assistant);
  const thread = { thread_id: run.thread_id };
  await runs.cancel(run.id, thread);
  expect(scene.runSpans()).toHaveLength(0);
  await runs.poll(run.id, thread);
  expect(scene.recorded()).toMatchObject({
    run: { status: 'cancelled' },
    outcome: { status: 'error', type: 'run_cancelled' },
  });
});

it('holds 1,000 open runs; the longest unseen ends as unknown to make room', async () => {
  const scene = await openScene();
  const runs: string[] = [];
  for (let made = 0; made < 1_010; made += 1) {
    const thread = await scene.client.beta.threads.create();
    runs.push((await scene.client.beta.threads.runs.create(thread.id, assistant)).id);
  }
  expect(scene.runSpans().map((span) => interactionOf(span).run)).toMatchObject(
    runs.slice(0, 10).map((id) => ({ id, status: 'unknown' })),
  );
  endAllRuns(scene.recorder);
  expect(scene.runSpans()).toHaveLength(1_010);
});

it('ends a stream that is opened and never read', async () => {
  const scene = await openScene();
  const stream = await scene.client.beta.threads.runs.create(await scene.ask(), { ...assistant, stream: true });
  await stream[Symbol.asyncIterator]().return?.();
  expect(scene.runSpans()).toHaveLength(1);
});

it('keeps runs of two servers apart that share an id', async () => {
  const scene = await openScene({ seed: 'same' });
  const other = await startFakeOpenAI({ seed: 'same', assistants: [{ id: ASSISTANT_ID, name: 'Other' }] });
  const elsewhere = new OpenAI({ apiKey: 'unused', baseURL: other.baseURL });
  const thread = await scene.client.beta.threads.create();
  await elsewhere.beta.threads.create();
  const one = await scene.client.beta.threads.runs.create(thread.id, assistant);
  const two = await elsewhere.beta.threads.runs.create(thread.id, assistant);
  expect(two.id).toBe(one.id);
  await elsewhere.beta.threads.runs.poll(two.id, { thread_id: thread.id });
  await elsewhere.beta.threads.messages.list(thread.id);
  expect(only(scene.runSpans()).attributes['server.port']).toBe(Number(new URL(other.baseURL).port));
  await other.close();
});
